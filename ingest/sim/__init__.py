"""The simulated exchange: Binance's protocol over a real socket."""
