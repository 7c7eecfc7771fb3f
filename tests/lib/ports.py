# SPDX-License-Identifier: MIT
"""Ports to listen at."""
import contextlib
import pathlib
import random
import socket


def free_port():
    """One that nobody listens at: none of those that the kernel gives to whoever connects, or another's connection might have it by the time that it is used."""
    lowest = int(pathlib.Path('/proc/sys/net/ipv4/ip_local_port_range').read_text(encoding='ascii').split()[0])
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(('127.0.0.1', random.randrange(10000, lowest) if lowest > 15000 else 0))
            return probe.getsockname()[1]
