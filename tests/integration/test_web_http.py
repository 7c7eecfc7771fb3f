#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""HTTP as strangers send it: request smuggling, sizes, slow clients, floods of connections. What libsoup hides from us is listed in SECURITY.md."""
import base64
import contextlib
import http.client
import json
import multiprocessing
import pathlib
import re
import resource
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'lib'))
import harness  # noqa: E402
from harness import TOP, Daemon, wait_for  # noqa: E402

ROWS = TOP / 'tests' / 'data' / 'http'
REFUSED = {400, 411, 413, 414, 417, 421, 431, 501, 505}


def connect(port, timeout=120):
    return socket.create_connection(('127.0.0.1', port), timeout=timeout)


def exchange(port, raw, wait=0.3):
    """Sends bytes; answers (status codes, whether the server closed). Quiet for @wait seconds means that no more comes only once a later request was answered."""
    out, closed, looked = b'', False, False
    with connect(port) as client:
        try:
            client.sendall(raw)
            client.settimeout(wait)
            while True:
                try:
                    piece = client.recv(65536)
                except TimeoutError:
                    if looked:
                        break
                    with contextlib.suppress(OSError, http.client.HTTPException):
                        harness.Client(port).get('/healthz')
                    looked = True
                    continue
                if not piece:
                    closed = True
                    break
                out += piece
                if b'Connection: close' in out:
                    client.settimeout(120)
        except (ConnectionResetError, BrokenPipeError):
            closed = True
    return [int(code) for code in re.findall(rb'HTTP/1\.[01] (\d\d\d) ', out) if code != b'100'], closed


def generated(name):
    lines = {'64 KiB header': 'GET / HTTP/1.1\r\nHost: x\r\nX-A: ' + 'a' * 65536 + '\r\n\r\n',
             '2000 headers': 'GET / HTTP/1.1\r\nHost: x\r\n' + ''.join(f'X-{number}: a\r\n' for number in range(2000)) + '\r\n',
             '64 KiB URI': 'GET /' + 'a' * 65536 + ' HTTP/1.1\r\nHost: x\r\n\r\n'}
    return lines[name].encode()


def rows():
    for name in ('smuggling-and-limits', 'llhttp'):
        for row in json.loads((ROWS / f'{name}.json').read_text(encoding='utf-8')):
            if row.get('side') != 'response':
                yield row, base64.b64decode(row['raw_b64']) if row['raw_b64'] else generated(row['raw_gen'])


def is_accepted(row, statuses, closed):
    """Whether a request that must be refused was understood, or more were than there are."""
    expected = row.get('expect') or row['llhttp']
    understood = [status for status in statuses if status not in REFUSED]
    if expected == 'one_request_or_400':
        return len(understood) > 1
    if expected in ('400', 'reject'):
        return bool(understood) and (expected == '400' or len(understood) > 1 or not closed)
    return expected == 'ok' and not understood


def test_every_form_is_refused_or_listed():
    accepted = set()
    with Daemon() as daemon:
        for row, raw in rows():
            statuses, closed = exchange(daemon.port, raw)
            assert 500 not in statuses, row['name']
            if is_accepted(row, statuses, closed):
                accepted.add(row['name'].split(' / ')[-1])
        daemon.client().get('/healthz').expect(200)
    text = (TOP / 'SECURITY.md').read_text(encoding='utf-8')
    section = text.split('## HTTP forms that libsoup accepts')[1].split('\n## ')[0]
    listed = set(re.findall(r'^\* "([^"]+)"', section, re.M))
    assert accepted == listed, f'not listed: {accepted - listed}; listed and refused: {listed - accepted}'


def test_what_the_headers_show_is_refused_and_closed():
    head = 'POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\n'
    forms = {
        'both lengths': head + 'Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'two lengths': head + 'Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}',
        'list of lengths': head + 'Content-Length: 2, 2\r\n\r\n{}',
        'signed length': head + 'Content-Length: +2\r\n\r\n{}',
        'hexadecimal length': head + 'Content-Length: 0x2\r\n\r\n{}',
        'huge length': head + 'Content-Length: 99999999999999999999\r\n\r\n{}',
        'odd encoding': head + 'Transfer-Encoding: cow\r\n\r\n0\r\n\r\n',
        'two encodings': head + 'Transfer-Encoding: cow\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        'two hosts': head + 'Host: evil.example\r\nContent-Length: 2\r\n\r\n{}',
        'no host': 'GET / HTTP/1.1\r\n\r\n',
        'odd host': 'GET / HTTP/1.1\r\nHost: a@b\r\n\r\n',
        'spaced host': 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n',
        'odd method': 'G{T / HTTP/1.1\r\nHost: x\r\n\r\n',
        'lower-case method': 'get / HTTP/1.1\r\nHost: x\r\n\r\n',
        'CONNECT': 'CONNECT evil.example:80 HTTP/1.1\r\nHost: x\r\n\r\n',
        'TRACE': 'TRACE / HTTP/1.1\r\nHost: x\r\n\r\n',
        'odd header name': 'GET / HTTP/1.1\r\nHost: x\r\nX\xe9: 1\r\n\r\n',
    }
    with Daemon() as daemon:
        for name, raw in forms.items():
            follow = 'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n'
            statuses, closed = exchange(daemon.port, (raw + follow).encode('latin-1'), wait=120)
            assert len(statuses) <= 1 and set(statuses) <= REFUSED and closed, (name, statuses, closed)


def test_bodies_over_the_limit():
    with Daemon() as daemon:
        for length in (1024 * 1024 + 1, 10 ** 12):
            statuses, closed = exchange(daemon.port, f'POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n'.encode() + b'x' * 1000, wait=120)
            assert statuses == [413] and closed, (length, statuses, closed)
        with connect(daemon.port) as client:
            client.sendall(b'POST /api/v1/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n')
            sent = 0
            try:
                while sent < 64 * 1024 * 1024:
                    client.sendall(b'10000\r\n' + b'x' * 65536 + b'\r\n')
                    sent += 65536
            except (ConnectionResetError, BrokenPipeError):
                pass
            assert sent < 16 * 1024 * 1024, sent
        statuses, _ = exchange(daemon.port, b'POST /api/v1/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: 1048576\r\n\r\n'
                               + b' ' * 1048576, wait=120)
        assert statuses == [400], statuses
        daemon.client().get('/healthz').expect(200)


def test_hostile_json():
    with Daemon() as daemon:
        client = daemon.client()
        for text in (b'[' * 100000, b'[{"":' * 50000, b'{"name":"a","name":"b","password":"x"}', b'\xff\xfe', b'{"name":"a","password":NaN}', b"{'name':'a'}"):
            answer = client.request('POST', '/api/v1/login', raw=text, headers={'Content-Type': 'application/json'})
            assert answer.status == 400, (text[:20], answer.status)
        answer = client.request('POST', '/api/v1/login', raw=b'{"name":"a","password":"b"}', headers={'Content-Type': 'text/plain'})
        assert answer.status == 400 and 'application/json' in answer.json['error']['message'], answer.body


def test_a_burst_of_connections():
    """A backlog of 10 leaves clients of a burst in SYN-SENT for seconds."""
    with Daemon() as daemon:
        listening = subprocess.run(['ss', '-Hltn', f'sport = :{daemon.port}'], capture_output=True, text=True, check=True).stdout.split()
        most = int(pathlib.Path('/proc/sys/net/core/somaxconn').read_text(encoding='ascii'))
        assert int(listening[2]) >= min(600, most), listening
        clients = [connect(daemon.port) for _ in range(600)]
        for client in clients[::50]:
            client.sendall(b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')
            assert b'200 OK' in client.recv(4096)
        for client in clients:
            client.close()
        daemon.client().get('/healthz').expect(200)


def count_sockets(pid):
    return len(list(pathlib.Path(f'/proc/{pid}/fd').iterdir()))


def test_connections_that_clients_closed_are_closed_here():
    with Daemon() as daemon:
        client = daemon.client()
        client.get('/healthz').expect(200)
        before = count_sockets(daemon.process.pid)
        for _ in range(60):
            client.get('/healthz').expect(200)
        wait_for(lambda: count_sockets(daemon.process.pid) <= before + 2, 'the end of what clients closed')


def test_accept_comes_back_after_it_failed():
    """libsoup stops listening for ever when accept () fails once, as it does without file descriptors."""
    with Daemon() as daemon:
        pid = daemon.process.pid
        daemon.client().get('/healthz').expect(200)
        hard = resource.prlimit(pid, resource.RLIMIT_NOFILE)[1]
        for _ in range(2):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (count_sockets(pid) + 5, hard))
            clients = [connect(daemon.port) for _ in range(30)]
            time.sleep(0.3)
            for client in clients:
                client.close()
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (hard, hard))
            wait_for(lambda: exchange(daemon.port, b'GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n')[0] == [200], 'an answer after EMFILE')


def answers(client):
    """FALSE also where the daemon has not noticed yet that others are gone, and closes this one, too."""
    try:
        return client.get('/api/v1/me').status == 200
    except OSError:
        return False


def test_connections_are_capped_below_the_limit_of_files():
    with tempfile.NamedTemporaryFile('w', suffix='.sh', delete=False, encoding='utf-8') as script:
        script.write('#!/bin/sh\nulimit -n 256\nexec "$VIG_REAL_DAEMON" "$@"\n')
    pathlib.Path(script.name).chmod(0o755)
    daemon = Daemon(env={'VIG_REAL_DAEMON': str(harness.BUILD / 'root' / 'bin' / 'vigilusd')})
    command = daemon.command()
    daemon.command = lambda: [script.name, *command[1:]]
    with daemon:
        owner = daemon.set_up()
        clients = [connect(daemon.port) for _ in range(240)]
        assert clients[-1].recv(1) == b'', 'one over the cap is closed at once'
        assert count_sockets(daemon.process.pid) < 200
        for client in clients:
            client.close()
        wait_for(lambda: answers(owner), 'an answer after the flood')
    pathlib.Path(script.name).unlink()


def resident(pid):
    return int(re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{pid}/status').read_text(encoding='utf-8')).group(1))


def knock(port, count):
    for _ in range(count):
        with connect(port) as client:
            client.sendall(b'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
            while client.recv(4096):
                pass


def test_connections_do_not_leak():
    """libsoup 3.2 leaks 0.34 kB for each; 6000 would be 2 MB."""
    with Daemon() as daemon:
        knock(daemon.port, 2000)
        before = resident(daemon.process.pid)
        knock(daemon.port, 6000)
        grown = resident(daemon.process.pid) - before
        assert grown < 800, f'{grown} kB more'


def test_connections_that_clients_close_between_requests_do_not_leak():
    """libsoup 3.2 keeps 2.2 kB of each; 1500 would be 3.3 MB."""
    with Daemon() as daemon:
        client = daemon.client()
        for _ in range(500):
            client.get('/healthz').expect(200)
        before = resident(daemon.process.pid)
        for _ in range(1500):
            client.get('/healthz').expect(200)
        grown = resident(daemon.process.pid) - before
        assert grown < 800, f'{grown} kB more'


def leave_when_answered(port, count):
    request = f'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n'.encode()
    for _ in range(count):
        with connect(port) as client:
            for _ in range(2):
                client.sendall(request)
                answer = b''
                while not answer.partition(b'\r\n\r\n')[2]:
                    answer += client.recv(65536) or exit(1)


def test_clients_that_leave_as_soon_as_they_are_answered_do_no_harm():
    """Where libsoup 3.2 sees such an end before we do, what it has of the connection is gone, and taking it crashed: after some hundreds of clients."""
    with Daemon() as daemon:
        clients = [multiprocessing.Process(target=leave_when_answered, args=(daemon.port, 2500)) for _ in range(4)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        assert daemon.process.poll() is None and [client.exitcode for client in clients] == [0] * 4, daemon.process.poll()
        wait_for(lambda: count_sockets(daemon.process.pid) < 20, 'the end of their connections')


def close_before_the_end(port, count):
    for _ in range(count):
        with connect(port) as client:
            client.sendall(b'GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
            client.recv(16)


def test_clients_that_leave_before_they_have_read_all_are_let_go():
    """What they did not read resets the connection."""
    with Daemon() as daemon:
        for _ in range(2):
            before = resident(daemon.process.pid)
            clients = [threading.Thread(target=close_before_the_end, args=(daemon.port, 700)) for _ in range(6)]
            for client in clients:
                client.start()
            for client in clients:
                client.join()
            wait_for(lambda: count_sockets(daemon.process.pid) < 20, 'the end of their connections')
        # The same once more: nothing is left of it.
        grown = resident(daemon.process.pid) - before
        assert grown < 800, f'{grown} kB more'


def test_slow_clients_are_closed():
    with Daemon() as daemon:
        silent, dripping = connect(daemon.port), connect(daemon.port)
        begin = time.monotonic()
        dripping.sendall(b'GET / HTTP/1.1\r\nHost: x\r\nX-A: ')
        with contextlib.suppress(ConnectionError):  # where this test itself was held up for longer
            while time.monotonic() - begin < 15:
                time.sleep(1)
                dripping.sendall(b'a')
        for client in (silent, dripping):
            with contextlib.suppress(ConnectionError), client:
                assert client.recv(100) == b''
        assert time.monotonic() - begin > 15


def ask_health(client):
    client.request('GET', '/healthz')
    assert client.getresponse().read()


def test_a_client_that_asks_nothing_more_is_closed():
    with Daemon() as daemon:
        client = http.client.HTTPConnection('127.0.0.1', daemon.port, timeout=120)
        ask_health(client)
        begin = time.monotonic()
        ask_health(client)
        client.sock.sendall(b'GET /heal')
        assert client.sock.recv(100) == b'' and time.monotonic() - begin > 25


def test_an_answer_without_content_ends_its_connection_once():
    with Daemon() as daemon:
        for _ in range(20):
            with connect(daemon.port) as client:
                client.sendall(b'OPTIONS /api/v1/me HTTP/1.1\r\nHost: x\r\n\r\n')
                assert b' 204 ' in client.recv(4096)
                assert client.recv(4096) == b''
        assert daemon.client().get('/healthz').status == 200
        assert 'CRITICAL' not in daemon.stderr() and 'WARNING' not in daemon.stderr(), daemon.stderr()


def test_a_last_request_is_answered_after_the_client_has_ended():
    with Daemon() as daemon:
        client = http.client.HTTPConnection('127.0.0.1', daemon.port, timeout=120)
        ask_health(client)
        client.request('GET', '/healthz')
        client.sock.shutdown(socket.SHUT_WR)
        assert client.getresponse().read() and client.sock.recv(100) == b''


def test_requests_that_were_sent_at_once_are_all_answered_after_the_client_has_ended():
    with Daemon() as daemon:
        for path in ('/healthz', '/', '/api/v1/setup'):
            for count in (2, 3, 20):
                with connect(daemon.port) as client:
                    client.sendall(f'GET {path} HTTP/1.1\r\nHost: x\r\n\r\n'.encode() * count)
                    client.shutdown(socket.SHUT_WR)
                    client.settimeout(120)
                    answers = b''.join(iter(lambda: client.recv(65536), b''))
                assert answers.count(b'HTTP/1.1 200 OK') == count, (path, count, answers.count(b'HTTP/1.1 '), answers[:100])
        assert daemon.client().get('/healthz').status == 200
        assert 'CRITICAL' not in daemon.stderr() and 'WARNING' not in daemon.stderr(), daemon.stderr()


def close_between_requests(context, port, count):
    for _ in range(count):
        client = http.client.HTTPSConnection('localhost', port, timeout=120, context=context)
        ask_health(client)
        try:
            client.sock.unwrap()
        except ssl.SSLEOFError:
            pass  # its goodbye is not answered
        client.close()


def test_tls():
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = f'{folder}/cert.pem', f'{folder}/key.pem'
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', key, '-out', certificate,
                        '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'], check=True, capture_output=True)
        daemon = Daemon(env={'VIGILUS_TLS_CERTIFICATE': certificate, 'VIGILUS_TLS_KEY': key})
        daemon.port = harness.free_port()
        try:
            daemon.start()
        except AttributeError:
            pass  # the harness looks for http:// in what is printed
        daemon.port = int(re.search(r'--port=(\d+)', ' '.join(daemon.process.args)).group(1))
        context = ssl.create_default_context(cafile=certificate)
        try:
            with context.wrap_socket(connect(daemon.port), server_hostname='localhost') as client:
                body = json.dumps({'name': 'owner', 'password': harness.PASSWORD}).encode()
                client.sendall(b'POST /api/v1/setup/owner HTTP/1.1\r\nHost: localhost\r\nOrigin: https://localhost\r\nContent-Type: application/json\r\n'
                               b'Connection: close\r\nContent-Length: ' + str(len(body)).encode() + b'\r\n\r\n' + body)
                answer = b''
                while piece := client.recv(65536):
                    answer += piece
            close_between_requests(context, daemon.port, 200)
            before = resident(daemon.process.pid)
            close_between_requests(context, daemon.port, 500)
            grown = resident(daemon.process.pid) - before
        finally:
            daemon.__exit__()
        assert b' 201 ' in answer and b'; Secure' in answer and b'Strict-Transport-Security' in answer, answer
        assert grown < 1000, f'{grown} kB more'


harness.main(globals())
