"""Finished campaigns leave the ledger whole and stay as history, in one thirtieth of the room."""
