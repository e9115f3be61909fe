"""Signatures that Aliyun really made, from its documentation and from public projects."""

from dataclasses import dataclass

CALLBACK_KEY_ADDRESS = "https://gosspublic.alicdn.com/callback_pub_key_v1.pem"
CALLBACK_KEY = b"""-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKs/JBGzwUB2aVht4crBx3oIPBLNsjGsC0fTXv+nvlmklvkcolvpvXLTjaxU
HR3W9LXxQ2EHXAJfCB+6H2YF1k8CAwEAAQ==
-----END PUBLIC KEY-----
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Callback:
    """An upload callback."""

    path: str
    query: str
    body: bytes
    signature: str


OF_THE_MANUAL = Callback(
    path="/index.php",
    query="id=1&index=2",
    body=b"bucket=yonghu-test",
    signature="kKQeGTRccDKyHB3H9vF+xYMSrmhMZjzzl2/kdD1ktNVgbWEfYTQG0G2SU/RaHBovRCE8OkQDjC3uG33esH2txA==",
)
OF_A_PROJECT = Callback(
    path="/api/v3/callback/oss/TnXx5E5VyfJUyM1UdkdDu1rtnJ34EbmH",
    query="",
    body=b'{"name":"2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg",'
    b'"source_name":"1/1_hFRtDLgM_2f7b2ccf30e9270ea920f1ab8a4037a546a2f0d5.jpg",'
    b'"size":114020,"pic_info":"810,539"}',
    signature="e5LwzwTkP9AFAItT4YzvdJOHd0Y0wqTMWhsV/h5SG90JYGAmMd+8LQyj96R+9qUfJWjMt6suuUh7LaOryR87Dw==",
)

MNS_CERTIFICATE_ADDRESS = "https://mnstest.oss-cn-hangzhou.aliyuncs.com/x509_public_certificate.pem"
MNS_CERTIFICATE = b"""-----BEGIN CERTIFICATE-----
MIICiDCCAjKgAwIBAgIJAL+acWZrTrlfMA0GCSqGSIb3DQEBBQUAMGMxCzAJBgNV
BAYTAjg2MREwDwYDVQQIEwhaaGVqaWFuZzERMA8GA1UEBxMISGFuZ3pob3UxDzAN
BgNVBAoTBkFsaXl1bjEMMAoGA1UECxMDTW5zMQ8wDQYDVQQDEwZub3RpZnkwHhcN
MTUwNzAyMDIwNjE2WhcNMTYwNzAxMDIwNjE2WjBjMQswCQYDVQQGEwI4NjERMA8G
A1UECBMIWmhlamlhbmcxETAPBgNVBAcTCEhhbmd6aG91MQ8wDQYDVQQKEwZBbGl5
dW4xDDAKBgNVBAsTA01uczEPMA0GA1UEAxMGbm90aWZ5MFwwDQYJKoZIhvcNAQEB
BQADSwAwSAJBALX0sFVowct1NAQjDyYSUf0rp1rOHLkz4kp0zNWcDyXMXa5PzsPU
UwJXaLwhvNCDLLWuiLK6Oh5elmOmL8Gy/5MCAwEAAaOByDCBxTAdBgNVHQ4EFgQU
kEah2o9HpCUCxhN/fY3kUtPkP4owgZUGA1UdIwSBjTCBioAUkEah2o9HpCUCxhN/
fY3kUtPkP4qhZ6RlMGMxCzAJBgNVBAYTAjg2MREwDwYDVQQIEwhaaGVqaWFuZzER
MA8GA1UEBxMISGFuZ3pob3UxDzANBgNVBAoTBkFsaXl1bjEMMAoGA1UECxMDTW5z
MQ8wDQYDVQQDEwZub3RpZnmCCQC/mnFma065XzAMBgNVHRMEBTADAQH/MA0GCSqG
SIb3DQEBBQUAA0EAluPg+k0Fc7WRcpP78+eLptYD8an7YOapUdNUmT2/SQC5BZ+t
cyWFit5pAEipngFL105d7AuW2AtwqG0FgV0ipw==
-----END CERTIFICATE-----
"""
MNS_TARGET = "/notifications"
MNS_HEADERS = {  # of a message of March 2023, whose body is not known
    "authorization": "LP3cxoTCbhsiLJi0KQdEiRaufaxMfWUdLH064yoVoKl8xNcY+299itGmGsirVMY8"
    "vDpuZ1VwS0Uw7R5dNduSXg==",
    "content-md5": "4CCBAD7AF2D23C2D00DDECCA59323A8C",
    "content-type": "text/plain;charset=utf-8",
    "date": "Wed, 29 Mar 2023 08:41:27 GMT",
    "x-mns-message-id": "250EB49D5F8D737A391C93C6ED165396",
    "x-mns-publish-time": "1680079287576",
    "x-mns-request-id": "6423F9B7BF94313030AF5EA0",
    "x-mns-signing-cert-url": "aHR0cHM6Ly9tbnN0ZXN0Lm9zcy1jbi1oYW5nemhvdS5hbGl5dW5jcy5jb20v"
    "eDUwOV9wdWJsaWNfY2VydGlmaWNhdGUucGVt",
    "x-mns-subscriber": "1321669497458181",
    "x-mns-subscription-name": "mns-en-subs-oss-fecdn-internal-pre-1-22849529855680",
    "x-mns-topic-name": "mns-en-topics-oss-fecdn-internal-pre-22849529792243",
    "x-mns-topic-owner": "1321669497458181",
    "x-mns-version": "2015-06-06",
}
