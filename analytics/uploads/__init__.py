"""Bars from a user's file: how it looks, how it is read, what is wrong with it. Bytes in, bars and a report out."""
