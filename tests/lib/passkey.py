# SPDX-License-Identifier: MIT
"""A passkey in software (WebAuthn, ES256 and Ed25519), and the codes of an authenticator app: what tests sign in with."""
import base64
import hashlib
import hmac
import json
import os
import struct
import time

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b'=').decode()


def totp(secret, offset=0):
    """The code of the step that is @offset from now."""
    key = base64.b32decode(secret)
    digest = hmac.new(key, struct.pack('>Q', int(time.time()) // 30 + offset), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f'{(struct.unpack(">I", digest[at:at + 4])[0] & 0x7fffffff) % 1000000:06d}'


def cbor(value):
    """As much of RFC 8949 as a passkey needs."""
    def head(kind, number):
        if number < 24:
            return bytes([kind << 5 | number])
        return bytes([kind << 5 | 24, number]) if number < 256 else bytes([kind << 5 | 25]) + struct.pack('>H', number)
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value)) + value.encode()
    return head(5, len(value)) + b''.join(cbor(key) + cbor(item) for key, item in value.items())


class Passkey:
    def __init__(self, origin, rp_id, algorithm=-7, counts=True):
        self.origin, self.rp_id, self.algorithm, self.counts = origin, rp_id, algorithm, counts
        self.id, self.counter, self.flags = os.urandom(32), 0, 0x05
        self.key = ec.generate_private_key(ec.SECP256R1()) if algorithm == -7 else ed25519.Ed25519PrivateKey.generate()

    def cose(self):
        if self.algorithm == -7:
            numbers = self.key.public_key().public_numbers()
            return cbor({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, 'big'), -3: numbers.y.to_bytes(32, 'big')})
        raw = self.key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        return cbor({1: 1, 3: -8, -1: 6, -2: raw})

    def client_data(self, kind, challenge):
        return json.dumps({'type': kind, 'challenge': challenge, 'origin': self.origin, 'crossOrigin': False}).encode()

    def authenticator_data(self, flags):
        self.counter += self.counts
        return hashlib.sha256(self.rp_id.encode()).digest() + bytes([flags]) + struct.pack('>I', self.counter)

    def create(self, options):
        """What confirmPasskey takes, but the name."""
        data = self.authenticator_data(self.flags | 0x40) + bytes(16) + struct.pack('>H', len(self.id)) + self.id + self.cose()
        return {'ticket': options['ticket'], 'client_data': encode(self.client_data('webauthn.create', options['challenge'])),
                'attestation': encode(cbor({'fmt': 'none', 'attStmt': {}, 'authData': data}))}

    def answer(self, challenge):
        client, data = self.client_data('webauthn.get', challenge), self.authenticator_data(self.flags)
        message = data + hashlib.sha256(client).digest()
        signature = self.key.sign(message, ec.ECDSA(hashes.SHA256())) if self.algorithm == -7 else self.key.sign(message)
        return {'id': encode(self.id), 'client_data': encode(client), 'authenticator_data': encode(data), 'signature': encode(signature)}


CONFIRMED_BY = {}  # secret to the code that has confirmed it


def add_totp(client, offset=-1):
    """Answers (secret, recovery codes). The code of the step before, so that the one of now is still good."""
    started = client.post('/api/v1/me/second-factors/totp').expect(200)
    assert started['uri'].startswith('otpauth://totp/Vigilus:') and started['secret'] in started['uri'], started
    code = CONFIRMED_BY[started['secret']] = totp(started['secret'], offset)
    added = client.post('/api/v1/me/second-factors/totp/confirm', {'ticket': started['ticket'], 'code': code, 'name': 'phone'}).expect(201)
    return started['secret'], added['recovery_codes']
