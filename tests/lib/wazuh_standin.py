# SPDX-License-Identifier: MIT
"""A stand-in for Wazuh: its server API (version 4) and its indexer, over TLS with a CA of its own. Written from the public facts about both; what it
does not know it refuses, as they do."""
import base64
import datetime
import json
import pathlib
import re
import secrets
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

COMMON = {'pretty', 'wait_for_complete', 'offset', 'limit', 'select', 'sort', 'search', 'q', 'distinct'}
LISTS = {
    'agents': COMMON | {'agents_list', 'status', 'older_than', 'os.platform', 'os.version', 'os.name', 'manager', 'version', 'group', 'node_name', 'name', 'ip',
                        'registerIP', 'group_config_status'},
    'rules': COMMON | {'rule_ids', 'status', 'group', 'level', 'filename', 'relative_dirname', 'pci_dss', 'gdpr', 'gpg13', 'hipaa', 'nist-800-53', 'tsc', 'mitre'},
    'syscheck': COMMON | {'file', 'arch', 'value.name', 'value.type', 'type', 'summary', 'md5', 'sha1', 'sha256', 'hash'},
    'vulnerability': COMMON | {'cve', 'name', 'version', 'architecture', 'severity', 'status', 'type', 'tier', 'cvss2', 'cvss3'},
}
IDS = {'agents': 'id', 'rules': 'id', 'syscheck': 'file', 'vulnerability': 'cve'}


def problem(status, title, detail, **more):
    return status, {'title': title, 'detail': detail, **more}


def lookup(item, path):
    """A member by "os.name"; indexers also keep such names flat."""
    if path in item:
        return item[path]
    for name in path.split('.'):
        if not isinstance(item, dict) or name not in item:
            return None
        item = item[name]
    return item


def pick(item, paths):
    picked = {}
    for path in paths:
        value = lookup(item, path)
        if value is None:
            continue
        names = path.split('.')
        target = picked
        for name in names[:-1]:
            target = target.setdefault(name, {})
        target[names[-1]] = value
    return picked


def fields_of(items):
    found = set()

    def walk(value, prefix):
        for name, inner in value.items():
            found.add(prefix + name)
            if isinstance(inner, dict):
                walk(inner, f'{prefix}{name}.')
    for item in items:
        walk(item, '')
    return found


def as_time(text):
    match = re.fullmatch(r'now-(\d+)([smhdw])', str(text))
    if match:
        seconds = int(match.group(1)) * {'s': 1, 'm': 60, 'h': 3600, 'd': 86400, 'w': 604800}[match.group(2)]
        return time.time() - seconds
    text = re.sub(r'\+0000$', '+00:00', str(text).replace('Z', '+00:00'))
    parsed = datetime.datetime.fromisoformat(text)
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=datetime.timezone.utc)).timestamp()


def as_number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def in_range(value, bounds):
    if value is None:
        return False
    convert = as_number if as_number(value) is not None else as_time
    number = convert(value)
    return (not ('gte' in bounds and number < convert(bounds['gte']))) and not ('lte' in bounds and number > convert(bounds['lte']))


def holds(source, clause):
    (kind, body), = clause.items()
    if kind == 'term':
        (field, wanted), = body.items()
        value = lookup(source, field)
        return wanted in [str(one) for one in value] if isinstance(value, list) else str(value) == str(wanted)
    if kind == 'range':
        (field, bounds), = body.items()
        return in_range(lookup(source, field), bounds)
    if kind == 'simple_query_string':
        text = ' '.join(str(lookup(source, field) or '') for field in body['fields']).lower()
        return all(word in text for word in body['query'].lower().split())
    raise KeyError(f'unknown query {kind}')


def sort_key(source, field):
    value = lookup(source, field)
    if field.endswith(('timestamp', '_at', 'mtime')):
        return int(as_time(value) * 1000) if value else -1
    return '' if value is None else str(value)


class Tls:
    """A CA and a certificate for loopback, made for this run."""

    def __init__(self, folder):
        self.folder = folder
        key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
        self.run('req', '-x509', *key, '-keyout', 'ca.key', '-out', 'ca.pem', '-subj', '/CN=Test CA', '-addext', 'basicConstraints=critical,CA:TRUE')
        self.run('req', *key, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=wazuh')
        (folder / 'san').write_text('subjectAltName=IP:127.0.0.1,DNS:localhost', encoding='ascii')
        self.run('x509', '-req', '-in', 'server.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'san', '-out', 'server.pem')
        self.run('req', '-x509', *key, '-keyout', 'other.key', '-out', 'other.pem', '-subj', '/CN=wazuh.com')

    def run(self, *words):
        subprocess.run(['openssl', *words], cwd=self.folder, check=True, capture_output=True)

    def context(self, name='server'):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / f'{name}.pem', self.folder / f'{name}.key')
        return context

    @property
    def ca(self):
        return (self.folder / 'ca.pem').read_text(encoding='ascii')

    def fingerprint(self, name):
        text = subprocess.run(['openssl', 'x509', '-noout', '-fingerprint', '-sha256', '-in', f'{name}.pem'], cwd=self.folder, check=True, capture_output=True, text=True)
        return text.stdout.strip().split('=')[1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    def answer(self, status, value):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(status)
        self.send_header('Content-Type', 'application/json')
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_any(self):
        standin = self.server.standin
        url = urllib.parse.urlsplit(self.path)
        query = dict(urllib.parse.parse_qsl(url.query, keep_blank_values=True))
        length = int(self.headers.get('Content-Length') or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        standin.requests.append((self.command, url.path, query, body))
        self.answer(*standin.respond(self.command, url.path, query, body, self.headers.get('Authorization', '')))

    do_GET = do_POST = handle_any


class Wazuh:
    """Both servers at one address; what is asked is in `requests`."""

    def __init__(self, certificate='server'):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix='vigilus-wazuh-'))
        self.certificate = certificate
        self.version, self.token_time = 'v4.14.5', 900
        self.api_login, self.indexer_login = ('reader', 'api secret 1'), ('searcher', 'indexer secret 2')
        self.tokens, self.requests, self.sign_ins = {}, [], 0
        self.items = {'agents': [], 'rules': [], 'syscheck': {}, 'vulnerability': {}}
        self.indices = {}
        self.override = None  # (path pattern, status, body): answered in place of the real thing
        self.broken_shards = 0
        self.total_limit = 10000

    def __enter__(self):
        self.tls = Tls(self.folder)
        self.http = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
        self.http.standin = self
        self.http.daemon_threads = True
        self.http.socket = self.tls.context(self.certificate).wrap_socket(self.http.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.http.serve_forever, daemon=True).start()
        self.url = f'https://127.0.0.1:{self.http.server_address[1]}'
        return self

    def __exit__(self, *unused):
        self.http.shutdown()
        self.http.server_close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def settings(self, **more):
        return {'api_url': self.url, 'api_user': self.api_login[0], 'api_password': self.api_login[1], 'indexer_url': self.url, 'indexer_user': self.indexer_login[0],
                'indexer_password': self.indexer_login[1], 'ca_certificate': self.tls.ca, **more}

    @staticmethod
    def basic(login):
        return 'Basic ' + base64.b64encode(':'.join(login).encode()).decode()

    def respond(self, method, path, query, body, authorization):
        if self.override and re.fullmatch(self.override[0], path):
            return self.override[1], self.override[2]
        if path == '/security/user/authenticate':
            return self.authenticate(query, authorization)
        if path.endswith('/_search') or (path == '/' and authorization.startswith('Basic ')):
            return self.index(method, path, query, body, authorization)
        return self.api(method, path, query, authorization)

    # The server API.

    def authenticate(self, query, authorization):
        if authorization != self.basic(self.api_login):
            return problem(401, 'Unauthorized', 'Invalid credentials')
        self.sign_ins += 1
        token = f'{secrets.token_urlsafe(12)}.{secrets.token_urlsafe(60)}.{secrets.token_urlsafe(20)}'
        self.tokens[token] = time.monotonic() + self.token_time
        return (200, token.encode()) if query.get('raw') == 'true' else (200, {'data': {'token': token}, 'error': 0})

    def api(self, method, path, query, authorization):
        if self.tokens.get(authorization.removeprefix('Bearer '), 0) < time.monotonic():
            return problem(401, 'Unauthorized', 'No authorization token provided' if not authorization else 'Invalid token')
        if method != 'GET':
            return problem(405, 'Method Not Allowed', 'Specified method is invalid for this resource')
        if path == '/':
            return 200, {'data': {'title': 'Wazuh API REST', 'api_version': self.version.lstrip('v'), 'revision': 'rc1', 'hostname': 'wazuh'}, 'error': 0}
        noun, _, agent = path.strip('/').partition('/')
        if noun == 'vulnerability' and self.version >= 'v4.8':
            return problem(404, 'Not Found', '404: Not Found')
        if noun not in LISTS or (noun in ('syscheck', 'vulnerability')) != bool(re.fullmatch(r'\d{3,}', agent)):
            return problem(404, 'Not Found', '404: Not Found')
        wrong = self.check(noun, query)
        return wrong or self.page(noun, agent, query)

    def check(self, noun, query):
        unknown = set(query) - LISTS[noun]
        if unknown:
            return problem(400, 'Bad Request', f'Extra query parameter(s) {sorted(unknown)} not in spec')
        limit = query.get('limit', '500')
        if not re.fullmatch(r'\d+', limit) or not 1 <= int(limit) <= 100000 or not re.fullmatch(r'\d+', query.get('offset', '0')):
            return problem(400, 'Bad Request', f"'{limit}' is not between 1 and 100000")
        for name in ('name', 'version', 'ip', 'manager', 'node_name', 'group'):
            if name in query and not re.fullmatch(r'[\w,\-.+\s:%]+' if name in ('manager', 'node_name') else r'[\w,\-.+\s:]+', query[name]):
                return problem(400, 'Bad Request', f"'{query[name]}' is not a 'alphanumeric'")
        if 'status' in query and noun == 'agents' and not set(query['status'].split(',')) <= {'active', 'pending', 'never_connected', 'disconnected'}:
            return problem(400, 'Bad Request', f"'{query['status']}' is not one of ['active', 'pending', 'never_connected', 'disconnected']")
        if query.get('group_config_status', 'synced') not in ('synced', 'not synced') or query.get('distinct', 'true') not in ('true', 'false', 'True', 'False'):
            return problem(400, 'Bad Request', 'not a valid value')
        return None

    def matches(self, noun, item, query):
        for name in set(query) & (LISTS[noun] - COMMON):
            value, wanted = lookup(item, name), query[name]
            if name in ('agents_list', 'rule_ids'):
                fits = str(item['id']) in wanted.split(',')
            elif name == 'level':
                low, _, high = wanted.partition('-')
                fits = int(low) <= int(item['level']) <= int(high or low)
            elif name == 'group':
                fits = wanted in (lookup(item, 'group') or lookup(item, 'groups') or [])
            elif name == 'status' and noun == 'agents':
                fits = value in wanted.split(',')
            else:
                fits = str(value).lower() == wanted.lower()
            if not fits:
                return False
        if not all(self.holds_clause(item, clause) for clause in query.get('q', '').split(';') if clause):
            return False
        return query.get('search', '').lower() in json.dumps(item).lower()

    @staticmethod
    def holds_clause(item, clause):
        """One of `q`: a field, an operator, a value; dates as "2026-08-01 10:00:00"."""
        field, operator, wanted = re.fullmatch(r'([\w.]+)([<>=])([\w :.-]+)', clause).groups()
        value = lookup(item, field)
        if value is None:
            return False
        if operator == '=':
            return str(value) == wanted
        return (as_time(value) > as_time(wanted)) if operator == '>' else (as_time(value) < as_time(wanted))

    def page(self, noun, agent, query):
        everything = self.items[noun]
        if isinstance(everything, dict):
            if agent not in everything:
                return 200, {'data': {'affected_items': [], 'total_affected_items': 0, 'total_failed_items': 1, 'failed_items': [
                    {'error': {'code': 1701, 'message': 'Agent does not exist', 'remediation': 'Use an existing agent'}, 'id': [agent]}]},
                    'message': 'No information was returned', 'error': 1}
            everything = everything[agent]
        known = fields_of(everything)
        select = [name for name in query.get('select', '').split(',') if name]
        sort = query.get('sort', '')
        if everything and sort and sort.lstrip('+-') not in known:
            return problem(400, 'Bad Request', f'Not a valid sort field: {sort}', error=1403)
        if everything and set(select) - known and noun != 'agents':
            return problem(400, 'Bad Request', 'Not a valid select field', error=1724)
        found = [item for item in everything if self.matches(noun, item, query)]
        found.sort(key=lambda item: str(lookup(item, sort.lstrip('+-')) or ''), reverse=sort.startswith('-')) if sort else None
        begin = int(query.get('offset', 0))
        page = found[begin:begin + int(query.get('limit', 500))]
        if select:
            page = [pick(item, [IDS[noun], *select] if noun == 'agents' else select) for item in page]
        return 200, {'data': {'affected_items': page, 'total_affected_items': len(found), 'total_failed_items': 0, 'failed_items': []},
                     'message': 'All selected information was returned', 'error': 0}

    # The indexer.

    def index(self, method, path, query, body, authorization):
        if authorization != self.basic(self.indexer_login):
            return 401, b'{"error": "Unauthorized"}'
        if path == '/':
            return 200, {'name': 'node-1', 'cluster_name': 'wazuh-cluster', 'version': {'distribution': 'opensearch', 'number': '2.19.2'}}
        pattern = path.split('/')[1]
        names = [name for name in self.indices if re.fullmatch(pattern.replace('*', '.*'), name)]
        if not names and query.get('allow_no_indices') == 'false':
            return 404, {'error': {'type': 'index_not_found_exception', 'reason': f'no such index [{pattern}]'}, 'status': 404}
        try:
            return 200, self.search([source for name in names for source in self.indices[name]], body)
        except (KeyError, ValueError, TypeError) as error:
            return 400, {'error': {'type': 'parsing_exception', 'reason': f'{error}'}, 'status': 400}

    def search(self, sources, body):
        unknown = set(body) - {'size', 'query', 'sort', 'search_after', '_source', 'timeout'}
        if unknown:
            raise KeyError(f'unknown key {unknown}')
        found = [source for source in sources if all(holds(source, clause) for clause in body['query']['bool']['filter'])]
        order = [(field, how['order']) for entry in body['sort'] for field, how in entry.items()]
        for field, direction in reversed(order):
            found.sort(key=lambda source, name=field: sort_key(source, name), reverse=direction == 'desc')
        hits = [{'_index': 'x', '_id': str(number), '_source': pick(source, body['_source']), 'sort': [sort_key(source, field) for field, _ in order]}
                for number, source in enumerate(found)]
        if 'search_after' in body:
            keys = [hit['sort'] for hit in hits]
            hits = hits[keys.index(body['search_after']) + 1:] if body['search_after'] in keys else []
        total = {'value': min(len(found), self.total_limit), 'relation': 'gte' if len(found) > self.total_limit else 'eq'}
        return {'took': 3, 'timed_out': False, '_shards': {'total': 3, 'successful': 3 - self.broken_shards, 'skipped': 0, 'failed': self.broken_shards},
                'hits': {'total': total, 'max_score': None, 'hits': hits[:body['size']]}}


def main():
    """For tests in other languages: tells its settings, holds the indices that are written to it as one line, until its input ends."""
    with Wazuh() as wazuh:
        print(json.dumps(wazuh.settings()), flush=True)
        for line in sys.stdin:
            wazuh.indices.update(json.loads(line))
            print(json.dumps(sorted(wazuh.indices)), flush=True)


if __name__ == '__main__':
    main()
