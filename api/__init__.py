"""The REST interface on the same Flask server."""
