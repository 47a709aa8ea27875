"""The only place that speaks Redis."""

from store.facade import Store, open_store
from store.link import StoreError

__all__ = ["Store", "StoreError", "open_store"]
