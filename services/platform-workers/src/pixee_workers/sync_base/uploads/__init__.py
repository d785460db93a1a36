"""Uploads: chunks of one connector and operation gathered into a file, handed over, asked for, and told apart again.

Everything that another worker needs is in rows before and right after each call (`submissions`, `remote_jobs`), so a crash at any
moment leaves one of three things: chunks that were never sent, chunks of a file of which nobody knows whether the platform
has it, or chunks of an open file that anybody may ask for. docs/adr/0013 says why it is built so.
"""
