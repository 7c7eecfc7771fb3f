#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Attachments: what is taken, what is refused and how, who gets it back, what models are sent, and what stays on disk."""
import base64
import struct
import zlib

import harness
from harness import Daemon, ReplayServer
from test_chat import join, requests_of, talk, with_model

NOWHERE = '00000000-0000-7000-8000-000000000000'


def png(width=2, height=2, extra=0):
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    rows = b''.join(b'\0' + b'\xff\0\0' * width for _ in range(height))
    head = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', head) + chunk(b'tEXt', b'x' * extra) + chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b'')


def upload(client, data, name='file', **more):
    return client.post(f'/api/v1/attachments?name={name}', raw=data, headers={'Content-Type': 'application/octet-stream'}, **more)


def refused(client, data):
    """Whether it is too large; the connection may go while it is still being sent."""
    try:
        return upload(client, data).status == 413
    except OSError:
        return True


def kept(daemon):
    return [path for path in (daemon.data_dir / 'attachments').rglob('*') if path.is_file()]


ANSWERS = {'script': [{'text': 'I see.'}]}


def test_a_picture_and_a_text_reach_the_model():
    with ReplayServer(ANSWERS) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        picture = upload(client, png(), '..%2F..%2Fplan%20one.png').expect(201)
        assert (picture['name'], picture['media_type']) == ('plan one.png', 'image/png'), picture
        text = upload(client, 'listen 80;\npassword=hunter2-very-secret-value\n'.encode(), 'nginx.conf').expect(201)
        assert text['media_type'] == 'text/plain' and text['size'] == 46, text
        session, run = talk(client, '@Files what is this?', attachments=[picture['id'], text['id']])
        assert run['state'] == 'done', run
        said = [message for message in requests_of(server)[-1]['body']['messages'] if message['role'] == 'user'][-1]['content']
        assert [part['type'] for part in said] == ['text', 'image_url'], said
        assert said[1]['image_url']['url'] == 'data:image/png;base64,' + base64.b64encode(png()).decode()
        assert '<attachment name="nginx.conf">\nlisten 80;' in said[0]['text'] and 'hunter2' not in said[0]['text'], said[0]
        shown = client.items(f'/api/v1/sessions/{session}/messages')[0]['content']['attachments']
        assert [one['id'] for one in shown] == [picture['id'], text['id']] and set(shown[0]) == {'id', 'name', 'media_type', 'size'}
        talk(client, '@Files and now?', session)
        earlier = [message for message in requests_of(server)[-1]['body']['messages'] if message['role'] == 'user'][0]['content']
        assert earlier[1]['type'] == 'image_url', 'it stays in the conversation'


def test_what_it_is_counts_not_what_it_is_called():
    with Daemon() as daemon:
        client = daemon.set_up()
        for data, name in ((b'\x7fELF' + b'\0' * 40, 'a.png'), (b'PK\3\4' + b'\0' * 40, 'a.txt'), (b'\x89PNG', 'a.png'), ('ä'.encode('latin-1') * 9, 'a.txt'),
                           (b'RIFF1234WAVEfmt ' + b'\0' * 9, 'a.webp'), (b'%PDF-1.7\n\0', 'a.pdf'), (b'a\x1b[31m', 'a.txt')):
            answer = upload(client, data, name)
            assert answer.status == 400 and 'neither a picture' in answer.json['error']['message'], (name, answer.body)
        assert 'empty' in upload(client, b'').json['error']['message']
        svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
        for data, name, media_type in ((svg, 'a.svg', 'text/plain'), (b'<html><script>alert(1)</script>', 'a.html', 'text/plain'), (png(), 'a.html', 'image/png'),
                                       (b'GIF89a' + b'\0' * 20, 'x', 'image/gif'), (b'\xff\xd8\xff\xe0' + b'\0' * 20, 'x', 'image/jpeg')):
            made = upload(client, data, name).expect(201)
            assert made['media_type'] == media_type, made
            back = client.get(f'/api/v1/attachments/{made["id"]}/content')
            assert back.body == data and back.headers['content-type'].startswith(media_type), back.headers
            assert back.headers['x-content-type-options'] == 'nosniff' and "default-src 'none'" in back.headers['content-security-policy']
            assert back.headers['content-disposition'].startswith('inline' if media_type.startswith('image/') else 'attachment'), back.headers


def test_limits_are_kept_and_named():
    with Daemon() as daemon:
        client = daemon.set_up()
        most = png(extra=4 * 1024 * 1024 - len(png()))
        assert len(most) == 4 * 1024 * 1024 and upload(client, most).expect(201)['size'] == len(most)
        answer = upload(client, b'a' * (256 * 1024 + 1))
        assert answer.status == 413 and '256 KiB' in answer.json['error']['message'], answer.body
        assert refused(client, png(extra=4 * 1024 * 1024))
        assert refused(daemon.client(), png(extra=2 << 20)), 'a stranger may not even send it'
        assert upload(daemon.client(), png()).status == 401
        ids = [upload(client, f'text {number}'.encode()).expect(201)['id'] for number in range(31)]
        answer = upload(client, b'one more')
        assert answer.status == 409 and '32' not in ids and 'limit' in answer.json['error']['message'], answer.body
        session = client.post('/api/v1/sessions').expect(201)['id']
        client.post(f'/api/v1/sessions/{session}/messages', {'text': 'x', 'attachments': ids[:9]}).expect(400)
        client.post(f'/api/v1/sessions/{session}/messages', {'text': 'x', 'attachments': [NOWHERE]}).expect(404)


def test_they_are_the_owners_alone_and_go_with_the_conversation():
    with ReplayServer(ANSWERS) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        eve = join(daemon, client, 'eve')
        mine = upload(client, b'mine').expect(201)['id']
        for path in ('', '/content'):
            eve.get(f'/api/v1/attachments/{mine}{path}').expect(404)
        eve.delete(f'/api/v1/attachments/{mine}').expect(404)
        session = eve.post('/api/v1/sessions').expect(201)['id']
        eve.post(f'/api/v1/sessions/{session}/messages', {'text': 'x', 'attachments': [mine]}).expect(404)
        same = upload(eve, b'mine').expect(201)['id']
        assert len(kept(daemon)) == 1, 'the same content is kept once'
        client.delete(f'/api/v1/attachments/{mine}').expect(204)
        assert len(kept(daemon)) == 1 and eve.get(f'/api/v1/attachments/{same}/content').body == b'mine'
        sent = upload(client, b'sent').expect(201)['id']
        chat, _ = talk(client, '@Files look', attachments=[sent])
        client.delete(f'/api/v1/attachments/{sent}').expect(409)
        other = client.post('/api/v1/sessions').expect(201)['id']
        client.post(f'/api/v1/sessions/{other}/messages', {'text': 'x', 'attachments': [sent]}).expect(409)
        client.delete(f'/api/v1/sessions/{chat}').expect(204)
        client.get(f'/api/v1/attachments/{sent}/content').expect(404)
        daemon.stop()
        daemon.start()
        harness.wait_for(lambda: len(kept(daemon)) == 1, 'the content that is nobody\'s to go')


def test_a_model_that_takes_no_pictures_says_so():
    with ReplayServer({**ANSWERS, 'refuses': ['pictures']}) as server, Daemon() as daemon:
        client = with_model(daemon, server)
        picture = upload(client, png()).expect(201)['id']
        session, run = talk(client, '@Files what is this?', attachments=[picture])
        assert run['state'] == 'failed' and 'image' in run['error']['message'], run
        _, run = talk(client, '@Files then without', session)
        assert run['state'] == 'done', run


def test_offline_sees_no_pictures_but_reads_texts():
    with Daemon() as daemon:
        client = daemon.set_up()
        client.post('/api/v1/providers', {'name': 'Offline', 'type': 'offline'}).expect(201)
        _, run = talk(client, '@Files what is this?', attachments=[upload(client, png()).expect(201)['id']])
        assert run['state'] == 'failed' and 'no pictures' in run['error']['message'], run


if __name__ == '__main__':
    harness.main(globals())
