"""Style sheet, icons and fonts of others, served from their installed packages; nothing comes from another host."""

from __future__ import annotations

import functools
import gzip
import importlib.util
import re
from pathlib import Path
from typing import Final

import flask_bootstrap
import fontpkg_inter
import fontpkg_jetbrains_mono
from flask import Flask, Response, abort, request, send_file

BOOTSTRAP_URL: Final = "/vendor/bootstrap.css"
_BOOTSTRAP: Final = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5"
_FONTS: Final = {
    "inter": Path(fontpkg_inter.ROOT) / "files" / "Inter[opsz,wght].ttf",
    "jetbrains-mono": Path(fontpkg_jetbrains_mono.ROOT) / "files" / "JetBrainsMono[wght].ttf",
}
_DAY_S: Final = 86_400


def register(server: Flask) -> None:
    """Add ``/vendor/bootstrap.css``, ``plotly.js``, ``fonts/<name>.ttf`` and ``icons/<name>.svg``."""

    @server.get(BOOTSTRAP_URL)
    def bootstrap() -> Response:
        return Response(_stylesheet(), mimetype="text/css", headers={"Cache-Control": f"max-age={_DAY_S}"})

    @server.get("/vendor/plotly.js")
    def plotly() -> Response:
        headers = {"Cache-Control": f"max-age={_DAY_S}", "Vary": "Accept-Encoding"}
        if not request.accept_encodings["gzip"]:
            return Response(_plotly(), mimetype="text/javascript", headers=headers)
        headers["Content-Encoding"] = "gzip"
        return Response(_plotly_packed(), mimetype="text/javascript", headers=headers)

    @server.get("/vendor/fonts/<name>.ttf")
    def font(name: str) -> Response:
        if name not in _FONTS:
            abort(404)
        return send_file(_FONTS[name], mimetype="font/ttf", max_age=_DAY_S)

    @server.get("/vendor/icons/<name>.svg")
    def icon(name: str) -> Response:
        svg = _icons().get(name)
        if svg is None:
            abort(404)
        return Response(svg, mimetype="image/svg+xml", headers={"Cache-Control": f"max-age={_DAY_S}"})


@functools.cache
def _stylesheet() -> str:
    text = (_BOOTSTRAP / "css" / "bootstrap.min.css").read_text(encoding="utf-8")
    # The map is a file that is not served; browsers with open tools would ask for it.
    return re.sub(r"/\*# sourceMappingURL=.*?\*/", "", text)


def _plotly() -> bytes:
    # Found without importing the package, which takes long and is of no use here.
    package = importlib.util.find_spec("plotly")
    assert package is not None
    assert package.submodule_search_locations is not None
    return (Path(package.submodule_search_locations[0]) / "package_data" / "plotly.min.js").read_bytes()


@functools.cache
def _plotly_packed() -> bytes:
    return gzip.compress(_plotly(), 6)


@functools.cache
def _icons() -> dict[str, str]:
    """The sprite's symbols as images of their own: a mask cannot point into a sprite."""
    sprite = (_BOOTSTRAP / "icons" / "bootstrap-icons.svg").read_text(encoding="utf-8")
    symbols = re.findall(r'<symbol[^>]*viewBox="([^"]+)"[^>]*id="([^"]+)">(.*?)</symbol>', sprite)
    return {
        name: f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" fill="black">{paths}</svg>'
        for box, name, paths in symbols
    }
