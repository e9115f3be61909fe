"""A real nginx with the configurations that are shipped, but for the addresses in them."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.browser.tools import find_tool
from tests.documents import compose
from tests.live import ROOT
from tests.support import wait_for

SHIPPED = ROOT / "deploy/nginx.conf"
SHIPPED_SUBPATH = ROOT / "deploy/nginx-subpath.conf"
FOREIGN = Path(__file__).parent / "foreign"
MAIN = """
{account}
worker_processes 1;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/conf.d/*.conf;
}}
"""


class Nginx:
    """One nginx with a configuration, in the foreground of a process of its own."""

    def __init__(self, folder: Path, *, configuration: str) -> None:
        (folder / "conf.d").mkdir(parents=True)
        (folder / "conf.d/gallery.conf").write_text(configuration, encoding="utf-8")
        account = "user root;" if os.geteuid() == 0 else ""  # the tests' folders are private
        main = folder / "nginx.conf"
        main.write_text(MAIN.format(folder=folder, account=account), encoding="utf-8")
        self._error_log = folder / "error.log"
        command = [
            *(find_tool("nginx"), "-c", str(main)),
            *("-p", str(folder), "-e", str(self._error_log)),
        ]
        checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False)
        assert checked.returncode == 0, checked.stderr
        assert "warn" not in checked.stderr, checked.stderr
        self._process = subprocess.Popen(command)
        pid = folder / "pid"  # written once it listens
        wait_for(pid.read_bytes, what="nginx", alive=self.is_alive)

    def is_alive(self) -> bool:
        return self._process.poll() is None

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(timeout=20)


def shipped(
    *, port: int, backend: int, frontend: int, data: Path, further: Mapping[str, str]
) -> str:
    """Return the configuration that is shipped, with what its first part lets one change."""
    changes = {
        "server 127.0.0.1:8089;": f"server 127.0.0.1:{backend};",
        "server 127.0.0.1:3000;": f"server 127.0.0.1:{frontend};",
        '"/srv/gallery/data";': f'"{data}";',
        "    listen 80;": f"    listen 127.0.0.1:{port};",
    }
    return changed(SHIPPED.read_text(encoding="utf-8"), {**changes, **further})


def with_tls(*, port: int, certificate: Path, key: Path) -> dict[str, str]:
    """Return the changes that the configuration's own words on HTTPS ask for."""
    folder = "/etc/letsencrypt/live/photos.example.com"
    return {
        "#listen 443 ssl http2;": f"listen 127.0.0.1:{port} ssl http2;",
        f"#ssl_certificate     {folder}/fullchain.pem;": f"ssl_certificate {certificate};",
        f"#ssl_certificate_key {folder}/privkey.pem;": f"ssl_certificate_key {key};",
        "#ssl_protocols ": "ssl_protocols ",
        "#ssl_session_cache ": "ssl_session_cache ",
        "#if ($https": "if ($https",
    }


def of_compose(*, port: int, backend: int, data: Path, folder: Path) -> str:
    """Return the configuration that compose's command makes, but for addresses of its network."""
    services = compose()["services"]
    command = services["nginx"]["command"]
    made = folder / "default.conf"
    script = changed(
        command[-1].partition(" && exec nginx")[0],
        {"/gallery.conf": str(SHIPPED), "/etc/nginx/conf.d/default.conf": str(made)},
    )
    subprocess.run([*command[:-1], script], check=True)
    here = {'"/srv/gallery/data";': f'"{data}";', "    listen 80;": f"    listen 127.0.0.1:{port};"}
    address = services["gallery"]["networks"]["gallery"]["ipv4_address"]
    text = changed(made.read_text(encoding="utf-8"), here)
    return text.replace(f"server {address}:8089;", f"server 127.0.0.1:{backend};")


def below_a_path(*, port: int, backend: int) -> str:
    """Return a site of others, with the gallery below a path of it."""
    text = SHIPPED_SUBPATH.read_text(encoding="utf-8")
    locations = changed(text, {"127.0.0.1:8089/": f"127.0.0.1:{backend}/"})
    return f"server {{\nlisten 127.0.0.1:{port};\n{locations}\n}}\n"


def another_site(*, port: int) -> str:
    """Return a site that has nothing to do with the gallery."""
    types = "types { text/html html; text/javascript js; }"
    return f"server {{\nlisten 127.0.0.1:{port};\nroot {FOREIGN};\n{types}\n}}\n"


def changed(text: str, changes: Mapping[str, str]) -> str:
    """Replace what must stand there exactly once."""
    for old, new in changes.items():
        assert text.count(old) == 1, f"{old!r} stands there {text.count(old)} times"
        text = text.replace(old, new)
    return text
