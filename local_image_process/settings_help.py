"""What each setting is for, in Chinese and English: the words of env_example and of the README."""

HELP = {  # field of Settings → (Chinese, English)
    "watch_dir": (
        "照片文件夹；不填则用 DATA_DIR/library",
        "Folder of your photos",
    ),
    "data_dir": (
        "程序自己的数据文件夹",
        "Folder for everything the program makes",
    ),
    "port": (
        "服务端口",
        "Port to listen on",
    ),
    "oss_access_key": (
        "阿里云 OSS AccessKey ID",
        "Aliyun OSS access key id",
    ),
    "oss_secret_key": (
        "阿里云 OSS AccessKey Secret",
        "Its secret",
    ),
    "oss_endpoint": (
        "OSS 地域节点，如 oss-cn-beijing.aliyuncs.com",
        "OSS endpoint",
    ),
    "oss_bucket": (
        "OSS 存储桶名",
        "OSS bucket",
    ),
    "oss_region": (
        "OSS 地域，如 cn-beijing；不填则从节点名得出",
        "OSS region; taken from the endpoint if empty",
    ),
    "oss_public_url": (
        "存储桶对外的网址（自有域名、CDN）；不填则用存储桶自己的",
        "Public address of the bucket (own domain, CDN)",
    ),
    "oss_signed_urls": (
        "1 则存储桶为私有：JSON 中写本站地址，转到十分钟有效的签名地址",
        "1 for a private bucket: the JSON names this site, which signs addresses for ten minutes",
    ),
    "oss_image_process": (
        "1 则不存缩略图，由 OSS 图片处理（?x-oss-process=image/resize）现做",
        "1 stores no thumbnails: OSS makes them when asked (?x-oss-process=image/resize)",
    ),
    "upload_workers": (
        "同时上传的照片数",
        "Photos uploaded at a time",
    ),
    "index_interval_s": (
        "只有点赞变化时，上传 JSON 的最短间隔秒数",
        "Seconds between JSON uploads for mere likes",
    ),
    "sync_interval_s": (
        "每隔多少秒读一次存储桶；收到通知时立即读",
        "Seconds between readings of the bucket; a webhook makes it at once",
    ),
    "gaode_key": (
        "高德地图 Web 服务 Key",
        "Gaode (AMap) web service key",
    ),
    "geocoder": (
        "高德不知道的地点问谁：nominatim（OpenStreetMap）或 offline（本机地名表，需另装）",
        "Who else names places: nominatim (OpenStreetMap) or offline (a list, installed apart)",
    ),
    "geocoder_contact": (
        "你的邮箱或网址，用 nominatim 时必填，只告诉 OpenStreetMap",
        "Your e-mail or web page, told to OpenStreetMap alone; nominatim needs it",
    ),
    "gps_privacy": (
        "JSON 里的坐标：exact 原样、coarse 精确到约 1 公里、none 不公开；相册的 gps 只能更严",
        "Coordinates in the JSON: exact, coarse (to about 1 km) or none; an album may ask for less",
    ),
    "gps_hide": (
        "保密的地方：纬度,经度,半径米，分号分隔；在那里拍的照片不公开坐标和地名",
        "Secret spots: latitude,longitude,radius in m; no coordinates or place are told of there",
    ),
    "username": (
        "旧名，等同 ADMIN_USERNAME，只在 .env 中有效",
        "Old name of ADMIN_USERNAME; counts only in .env",
    ),
    "password": (
        "旧名，等同 ADMIN_PASSWORD，只在 .env 中有效",
        "Old name of ADMIN_PASSWORD; counts only in .env",
    ),
    "webhook_url": (
        "照片更新后通知的地址，可用逗号分隔多个",
        "Addresses told after photos changed",
    ),
    "webhook_secret": (
        "通知所用的密钥",
        "Secret that guards notifications",
    ),
    "webhook_query_token": (
        "1 则也接受写在地址里的密钥 ?token=；会留在别处的日志里",
        "1 takes the secret in the address too, as ?token=; others may log it",
    ),
    "webhook_verify_aliyun": (
        "1 则也接受阿里云签名的通知：上传回调、MNS、EventBridge",
        "1 takes what Aliyun signed, too: upload callbacks, MNS, EventBridge",
    ),
    "tombstone_days": (
        "撤下的照片多少天内再出现（即使改了名字），点赞和评分仍跟着它",
        "Days within which a withdrawn picture that comes back, also renamed, finds its likes",
    ),
    "like_window_s": (
        "同一访客对同一张照片，多少秒内只计一次点赞，最多一天",
        "Seconds within which a visitor's like of a photo counts once, at most a day",
    ),
    "admin_username": (
        "管理员用户名，默认 admin",
        "Administrator's name; admin if empty",
    ),
    "admin_password": (
        "管理员密码；不填则自动生成并显示一次",
        "Administrator's password; made and shown once if empty",
    ),
    "public_base_url": (
        "JSON 中图片地址的前缀；不填则用相对地址",
        "Address before picture paths in the JSON; relative if empty",
    ),
    "trusted_proxies": (
        "反向代理的地址或网段，逗号分隔；只采信它们的 X-Forwarded-*",
        "Addresses or networks of reverse proxies; X-Forwarded-* of nobody else counts",
    ),
    "secret_key": (
        "会话签名密钥；不填则自动生成",
        "Session key; made once if empty",
    ),
    "database_url": (
        "数据库；不填则用 DATA_DIR/catalogue.db",
        "Database; DATA_DIR/catalogue.db if empty",
    ),
    "watch_mode": (
        "auto 自动、events 文件事件、sweep 定时扫描",
        "auto, events (file events) or sweep (timed scans)",
    ),
    "settle_s": (
        "文件静止多少秒后才处理",
        "Seconds a file must rest before it is read",
    ),
    "sweep_interval_s": (
        "全库扫描间隔秒数；默认 3600，只能扫描时为 60",
        "Seconds between full sweeps; 3600, or 60 where sweeping is the only way",
    ),
    "memory_budget_mb": (
        "处理照片最多用多少 MB 内存；默认为可用内存的一半。更大的照片单独处理，仍不够则列入失败",
        "Memory in MB for developing photos; half of what is allowed if empty",
    ),
    "render_workers": (
        "同时处理照片的进程数；默认按可用的处理器和内存",
        "Processes that render; as processors and memory allow",
    ),
    "display_edge_px": (
        "大图长边像素；0 为原尺寸",
        "Longest edge of the display picture; 0 keeps full size",
    ),
    "display_quality": (
        "大图 WebP 质量",
        "WebP quality of the display picture",
    ),
    "thumb_edges_px": (
        "缩略图长边像素，逗号分隔",
        "Longest edges of thumbnails",
    ),
    "thumb_quality": (
        "缩略图 WebP 质量",
        "WebP quality of thumbnails",
    ),
    "watermark_file": (
        "水印 PNG 文件（可带透明）；不填则无水印",
        "PNG, with alpha, put on display pictures as a watermark; none if empty",
    ),
    "watermark_opacity": (
        "水印不透明度，0 到 1",
        "How opaque the watermark is, up to 1",
    ),
    "watermark_position": (
        "水印位置：top-left、top、top-right、left、center、right、bottom-left、bottom、bottom-right",
        "top-left, top, top-right, left, center, right, bottom-left, bottom or bottom-right",
    ),
    "watermark_scale": (
        "水印宽度占图片宽度的比例，0 到 1",
        "Width of the watermark as a share of the picture's",
    ),
    "embed_exif": (
        "1 则把相机、镜头、曝光和时间写进 WebP；作者和版权总会写入，位置和序列号从不写入",
        "1 puts camera, lens, exposure and time into the WebPs; artist and copyright always are",
    ),
    "max_megapixels": (
        "超过此百万像素数的照片不处理",
        "Larger photos (in megapixels) are refused",
    ),
    "render_timeout_s": (
        "单张照片处理的最长秒数",
        "Longest time one photo may take, in seconds",
    ),
    "root_album": (
        "直接放在根目录的照片所属相册",
        "Album of photos that lie in the root",
    ),
    "metrics_token": (
        "读取 /metrics 所需的令牌；不填则只有本机能读",
        "Token that opens /metrics; without one only this machine may read it",
    ),
    "log_level": (
        "日志级别",
        "debug, info, warning or error",
    ),
}
