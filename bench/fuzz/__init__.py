"""Parsers under generated input: whatever they are given, they answer or refuse in one line."""
