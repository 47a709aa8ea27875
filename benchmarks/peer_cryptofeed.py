"""cryptofeed with its Redis stream back-end on the frames of blast.py; arguments: exchange port, Redis port."""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
import textwrap

from cryptofeed import FeedHandler, connection
from cryptofeed.backends.redis import TradeStream
from cryptofeed.connection import RestEndpoint, Routes, WebsocketEndpoint
from cryptofeed.defines import TRADES
from cryptofeed.exchanges import Binance

exchange, redis_port = sys.argv[1], int(sys.argv[2])

# cryptofeed refuses ws:// addresses; everything else runs as released
source = inspect.getsource(connection.WSAsyncConn.__init__).replace('"wss://"', '"ws"')
scope: dict[str, object] = {}
exec(textwrap.dedent(source).replace("super()", "super(WSAsyncConn, self)"), vars(connection), scope)
connection.WSAsyncConn.__init__ = scope["__init__"]

Binance.websocket_endpoints = [WebsocketEndpoint(f"ws://127.0.0.1:{exchange}")]
Binance.rest_endpoints = [RestEndpoint(f"http://127.0.0.1:{exchange}", routes=Routes("/api/v3/exchangeInfo"))]

handler = FeedHandler(config={"log": {"filename": os.devnull, "level": "ERROR"}})
symbols = ["BTC-USDT", "ETH-USDT", "BNB-USDT", "SOL-USDT", "XRP-USDT", "ADA-USDT"]
handler.add_feed(Binance(symbols=symbols, channels=[TRADES], callbacks={TRADES: TradeStream(port=redis_port)}))
asyncio.set_event_loop(asyncio.new_event_loop())
handler.run()
