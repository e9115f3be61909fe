"""Who asks and how, when a reverse proxy stands between: only trusted ones are believed."""

from typing import Any

import pytest
from flask import Flask, jsonify, request, url_for

from local_image_process.errors import SettingsError
from local_image_process.settings import Settings
from local_image_process.web.proxies import Proxies, visitor

SALT = b"salt"
STRANGER = "203.0.113.9"
FORWARDED = {
    "X-Forwarded-For": "198.51.100.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "photos.example:8443",
    "X-Forwarded-Prefix": "/gallery",
}


def app_behind(trusted: str) -> Flask:
    """Return an application that tells what it sees of a request."""
    app = Flask(__name__)
    settings = Settings.from_env({"TRUSTED_PROXIES": trusted})
    app.wsgi_app = Proxies(app.wsgi_app, trusted=settings.trusted_proxies)  # type: ignore[method-assign]

    @app.get("/seen")
    def seen() -> Any:
        return jsonify(
            client=request.remote_addr,
            url=url_for("seen", _external=True),
            headers=[name for name, _ in request.headers if name.startswith("X-Forwarded")],
            visitor=visitor(SALT, request.remote_addr),
        )

    return app


def seen(headers: dict[str, str], *, peer: str = "127.0.0.1", trusted: str = "") -> dict[str, Any]:
    client = app_behind(trusted).test_client()
    answer = client.get(
        "/seen",
        base_url="http://inside:8089",
        headers=headers,
        environ_overrides={"REMOTE_ADDR": peer},
    )
    told: dict[str, Any] = answer.get_json()
    return told


def test_a_trusted_proxy_is_believed() -> None:
    told = seen(FORWARDED)
    assert told["client"] == "198.51.100.7"
    assert told["url"] == "https://photos.example:8443/gallery/seen"


@pytest.mark.parametrize("peer", [STRANGER, "::ffff:203.0.113.9", "2001:db8::1", "no address"])
def test_a_stranger_is_not_believed(peer: str) -> None:
    told = seen(FORWARDED, peer=peer)
    assert told["client"] == peer
    assert told["url"] == "http://inside:8089/seen"
    assert told["headers"] == []


@pytest.mark.parametrize(
    ("peer", "trusted"),
    [
        pytest.param("127.0.0.1", "", id="this machine, by default"),
        pytest.param("::1", "", id="this machine, by default, IPv6"),
        pytest.param("::ffff:127.0.0.1", "", id="IPv4 in IPv6 clothes"),
        pytest.param("", "10.0.0.1", id="a Unix socket"),
        pytest.param("172.18.0.3", "10.0.0.1, 172.16.0.0/12", id="a container's network"),
        pytest.param("fd00::7", "fd00::/8", id="an IPv6 network"),
    ],
)
def test_whom_one_may_trust(peer: str, trusted: str) -> None:
    assert seen(FORWARDED, peer=peer, trusted=trusted)["client"] == "198.51.100.7"


def test_without_this_machine_in_the_list_it_is_a_stranger() -> None:
    assert seen(FORWARDED, trusted="10.0.0.1")["client"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("addresses", "client"),
    [
        pytest.param("198.51.100.7", "198.51.100.7", id="one"),
        pytest.param("1.1.1.1, 198.51.100.7", "198.51.100.7", id="before it anything may stand"),
        pytest.param("198.51.100.7,10.0.0.2", "198.51.100.7", id="another trusted proxy"),
        pytest.param("1.1.1.1, 198.51.100.7, 10.0.0.3 , ::1", "198.51.100.7", id="two of them"),
        pytest.param("10.0.0.3, 10.0.0.2", "10.0.0.3", id="none but trusted ones: the farthest"),
        pytest.param("2001:db8::7", "2001:db8::7", id="IPv6"),
        pytest.param("[2001:db8::7]:4711", "2001:db8::7", id="IPv6 with a port"),
        pytest.param("198.51.100.7:4711", "198.51.100.7", id="IPv4 with a port"),
        pytest.param("::ffff:198.51.100.7", "198.51.100.7", id="IPv4 in IPv6 clothes"),
        pytest.param("", "127.0.0.1", id="empty"),
        pytest.param("unknown", "127.0.0.1", id="no address"),
        pytest.param("1.1.1.1, unknown", "127.0.0.1", id="no address at the end"),
        pytest.param("1.1.1.1, unknown, 10.0.0.2", "10.0.0.2", id="no address in the middle"),
        pytest.param("198.51.100.7,", "127.0.0.1", id="comma at the end"),
        pytest.param("<script>", "127.0.0.1", id="nonsense"),
        pytest.param("1.2.3.4.5:80", "127.0.0.1", id="five numbers"),
    ],
)
def test_the_client_is_the_last_address_that_is_not_a_proxy(addresses: str, client: str) -> None:
    told = seen({"X-Forwarded-For": addresses}, trusted="127.0.0.1,::1,10.0.0.0/8")
    assert told["client"] == client


@pytest.mark.parametrize(
    ("header", "value", "url"),
    [
        pytest.param("Proto", "http, https", "https://inside:8089/seen", id="last scheme"),
        pytest.param("Proto", "ftp", "http://inside:8089/seen", id="other scheme"),
        pytest.param("Proto", "https\t;", "http://inside:8089/seen", id="scheme and more"),
        pytest.param("Host", "a.example, b.example", "http://b.example/seen", id="last host"),
        pytest.param("Host", "[2001:db8::1]:81", "http://[2001:db8::1]:81/seen", id="IPv6 host"),
        pytest.param("Host", "a.example/x", "http://inside:8089/seen", id="host and path"),
        pytest.param("Host", "evil@a.example", "http://inside:8089/seen", id="host and name"),
        pytest.param("Prefix", "/a/b-c/", "http://inside:8089/a/b-c/seen", id="slash at the end"),
        pytest.param("Prefix", "/", "http://inside:8089/seen", id="no prefix"),
        pytest.param("Prefix", "gallery", "http://inside:8089/seen", id="no slash"),
        pytest.param("Prefix", "//evil.example", "http://inside:8089/seen", id="another site"),
        pytest.param("Prefix", "/a\\b", "http://inside:8089/seen", id="backslash"),
    ],
)
def test_what_is_malformed_counts_as_not_said(header: str, value: str, url: str) -> None:
    assert seen({f"X-Forwarded-{header}": value})["url"] == url


@pytest.mark.parametrize("text", ["localhost", "10.0.0.1/8", "10.0.0.1;10.0.0.2", "*"])
def test_wrong_addresses_of_proxies_are_told_with_what_to_write(text: str) -> None:
    with pytest.raises(SettingsError, match=r"TRUSTED_PROXIES is .*: write addresses or networks"):
        Settings.from_env({"TRUSTED_PROXIES": text})


def of(address: str, salt: bytes = SALT) -> str:
    return visitor(salt, address)


def test_a_visitor_is_known_by_a_digest_that_tells_no_address() -> None:
    assert of(STRANGER) == of(STRANGER) == of(f"::ffff:{STRANGER}")
    assert len({of(STRANGER), of("203.0.113.8"), of(""), of(STRANGER, b"pepper")}) == 4
    assert STRANGER not in of(STRANGER)
    assert len(of(STRANGER)) == 64


def test_who_has_an_ipv6_network_is_one_visitor() -> None:
    assert of("2001:db8:1:2::1") == of("2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert of("2001:db8:1:2::1") != of("2001:db8:1:3::1")
