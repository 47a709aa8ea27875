"""The REST interface on the same Flask server."""

from api.register import register

__all__ = ["register"]
