#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A server of language models for tests: Anthropic Messages, OpenAI Chat Completions and Responses, Gemini and Ollama, streaming and not.

replay_server.py [--port N] [CONTROL.json]      prints its URL as the first line; the base URL is that, or that + "/v1" for Chat

It refuses what the real servers refuse (names of tools, results without calls, calls without results, missing fields, unknown models, wrong keys) in
their words and shapes. What it answers is said by the control object, from the file or by POST /__control (members given replace those before):

  key        the key it wants, or null: any or none
  models     names it knows; others are 404. null: knows every model
  refuses    members of a Chat or Responses request that it refuses as unsupported parameters; "pictures": those in a Chat request; "sealed":
             reasoning that it did not encrypt; of a Messages request "adaptive", "effort", "display", "thinking", and "signature": any there is
  blind      names of models that take no pictures, as lists and /api/show tell
  abilities  what /api/show says that a model can do, beside "vision"
  toolless   what it says (400) to a request with tools; "": it drops them in silence; null: it takes them
  context    tokens that a model has, as /api/show tells
  holds      tokens that a Chat request may have, about; a longer one is refused as vLLM refuses it (0: any)
  open_list  lists its models to anybody, whatever the key (OpenRouter)
  listing    members that each model of a list has beside its name (context, prices, abilities), in place of those of this server's own
  usage      members that the usage of a Chat answer has beside its counts, or in their place
  recording  path of a recorded exchange: its status, headers and body are the answer to every completion, cut into `pieces` bytes
  script     turns; the first that fits answers: {"when": {...}, "text": str or [pieces], "reasoning": str, "calls": [{"name", "arguments", "id"?}],
             "stop"?: str, "times"?: n}. `when` (all must hold; none: always): "user": regex searched in the last user text; "results": true or false
             (the conversation ends with results of tools), or a regex searched in them; "system": regex. Names of tools may be written with dots.
             Nothing fits: "I have nothing to say to that."
  delay      seconds before each piece of a stream
  upto       so many pieces of a stream are sent, and the rest once this is changed (null: all at once)
  together   so many completions have to be here at once before they are answered (0: none waits)
  faults     taken in order, each `times` (default 1) times, by requests whose path has `path` (default: completions only):
             {"kind": "delay", "seconds"}  answers late           {"kind": "hang"}            accepts, and never answers
             {"kind": "hang_after_headers"}  begins to answer, and never says anything
             {"kind": "stall"}             hangs in the stream    {"kind": "cut"}             ends the stream before its end
             {"kind": "reset"}             resets the connection  {"kind": "reset_in_stream"} likewise, after a piece
             {"kind": "html"}              a web page, 200        {"kind": "redirect", "location"}
             {"kind": "status", "status", "headers"?, "body"?}    an error in the format's shape (429, 500, 529, ...), or with this body
             {"kind": "error_in_stream"}   after a piece          {"kind": "error_in_body"}   status 200, the body is the error
             {"kind": "no_stream"}         a whole JSON answer although a stream was asked for

GET /__control answers {"requests": [{"method", "path", "headers", "body", "refused"}], "inquiries": [models], "control": {...}}; keys are shown as their length only.
"""
import json
import os
import re
import socket
import struct
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import llm_more as more
from llm_checks import Refused, blocks_of, check_anthropic, check_chat

DEFAULTS = {'key': None, 'models': None, 'refuses': [], 'recording': None, 'pieces': 0, 'script': [], 'delay': 0, 'faults': [],
            'blind': [], 'abilities': ['completion', 'tools'], 'toolless': None, 'holds': 0, 'context': 32768, 'listing': {}, 'usage': {},
            'together': 0, 'open_list': False, 'upto': None}
KINDS = {400: 'invalid_request_error', 401: 'authentication_error', 403: 'permission_error', 404: 'not_found_error', 429: 'rate_limit_error',
         500: 'api_error', 529: 'overloaded_error'}
HANG = 120
BYTES_OF_TOKEN = 4


class Control:
    def __init__(self, values):
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.values = dict(DEFAULTS)
        self.requests = []
        self.inquiries = []
        self.barrier = None
        self.replace(values)

    def replace(self, values):
        unknown = set(values) - set(DEFAULTS)
        if unknown:
            raise ValueError(f'unknown members: {", ".join(sorted(unknown))}')
        with self.lock:
            self.values.update(json.loads(json.dumps(values)))
            if 'together' in values:
                self.barrier = threading.Barrier(values['together'], timeout=HANG) if values['together'] else None
            self.changed.notify_all()

    def wait_for_piece(self, number):
        with self.lock:
            self.changed.wait_for(lambda: self.values['upto'] is None or number < self.values['upto'], HANG)

    def take(self, items, fits):
        """The first item that fits and has times left."""
        with self.lock:
            for item in items:
                if item.get('times', 1 if 'kind' in item else -1) != 0 and fits(item):
                    item['times'] = item.get('times', 1 if 'kind' in item else -1) - 1
                    return item
        return None


def text_of(content):
    if isinstance(content, str):
        return content
    return '\n'.join(block.get('text', '') for block in content or [] if block.get('type') == 'text')


def describe_anthropic(body):
    """(last user text, text of the results at the end or None, system, names of tools)"""
    users = [text_of(message['content']) for message in body['messages'] if message['role'] == 'user' and text_of(message['content'])]
    results = [block for block in blocks_of(body['messages'][-1]) if block['type'] == 'tool_result']
    shown = '\n'.join(text_of(block.get('content')) for block in results) if results else None
    return users[-1] if users else '', shown, text_of(body.get('system')), [tool['name'] for tool in body.get('tools') or []]


def describe_chat(body):
    users = [text_of(message['content']) for message in body['messages'] if message['role'] == 'user']
    results = []
    for message in reversed(body['messages']):
        if message['role'] != 'tool':
            break
        results.insert(0, text_of(message['content']))
    system = '\n'.join(text_of(message['content']) for message in body['messages'] if message['role'] in ('system', 'developer'))
    shown = '\n'.join(results) if results else None
    return users[-1] if users else '', shown, system, [tool['function']['name'] for tool in body.get('tools') or []]


def fits(turn, user, results, system):
    when = turn.get('when') or {}
    wanted = when.get('results')
    if isinstance(wanted, bool) and wanted != (results is not None):
        return False
    if isinstance(wanted, str) and (results is None or not re.search(wanted, results)):
        return False
    return re.search(when.get('user', ''), user) is not None and re.search(when.get('system', ''), system or '') is not None


def wire_name(name, tools):
    plain = re.sub(r'[^a-zA-Z0-9]', '_', name)
    return next((tool for tool in tools if tool == name or re.sub(r'[^a-zA-Z0-9]', '_', tool) == plain), name)


def plan(turn, tools):
    """A turn in full: pieces of text, calls with ids, stop."""
    turn = turn or {'text': 'I have nothing to say to that.'}
    text = turn.get('text', [])
    calls = [{'id': call.get('id') or 'call_' + uuid.uuid4().hex[:24], 'name': wire_name(call['name'], tools),
              'arguments': call.get('arguments', {})} for call in turn.get('calls', [])]
    for call in calls:
        call['text'] = call['arguments'] if isinstance(call['arguments'], str) else json.dumps(call['arguments'])
    return {'text': [text] if isinstance(text, str) else text, 'reasoning': turn.get('reasoning', ''), 'calls': calls, 'stop': turn.get('stop')}


def anthropic_events(model, reply):
    yield {'type': 'message_start', 'message': {'id': 'msg_' + uuid.uuid4().hex[:24], 'type': 'message', 'role': 'assistant', 'model': model, 'content': [],
                                                'stop_reason': None, 'stop_sequence': None, 'usage': {'input_tokens': 5, 'cache_read_input_tokens': 20, 'output_tokens': 1}}}
    yield {'type': 'ping'}
    index = 0
    parts = []
    if reply['reasoning']:
        parts.append(({'type': 'thinking', 'thinking': '', 'signature': ''}, [{'type': 'thinking_delta', 'thinking': reply['reasoning']},
                                                                              {'type': 'signature_delta', 'signature': 'c2lnbmVk'}]))
        parts.append(({'type': 'redacted_thinking', 'data': 'aGlkZGVu'}, []))
    if any(reply['text']):
        parts.append(({'type': 'text', 'text': ''}, [{'type': 'text_delta', 'text': piece} for piece in reply['text']]))
    for call in reply['calls']:
        half = len(call['text']) // 2
        parts.append(({'type': 'tool_use', 'id': call['id'], 'name': call['name'], 'input': {}},
                      [{'type': 'input_json_delta', 'partial_json': piece} for piece in ('', call['text'][:half], call['text'][half:])]))
    for block, deltas in parts:
        yield {'type': 'content_block_start', 'index': index, 'content_block': block}
        for delta in deltas:
            yield {'type': 'content_block_delta', 'index': index, 'delta': delta}
        yield {'type': 'content_block_stop', 'index': index}
        index += 1
    yield {'type': 'message_delta', 'delta': {'stop_reason': reply['stop'] or ('tool_use' if reply['calls'] else 'end_turn'), 'stop_sequence': None},
           'usage': {'output_tokens': 15}}
    yield {'type': 'message_stop'}


def chat_events(model, reply, with_usage, more_usage):
    base = {'id': 'chatcmpl-' + uuid.uuid4().hex[:24], 'object': 'chat.completion.chunk', 'created': int(time.time()), 'model': model}

    def chunk(delta, finish=None):
        return dict(base, choices=[{'index': 0, 'delta': delta, 'finish_reason': finish}])
    yield chunk({'role': 'assistant', 'content': ''})
    if reply['reasoning']:
        yield chunk({'reasoning_content': reply['reasoning']})
    for piece in reply['text']:
        yield chunk({'content': piece})
    for index, call in enumerate(reply['calls']):
        half = len(call['text']) // 2
        yield chunk({'tool_calls': [{'index': index, 'id': call['id'], 'type': 'function', 'function': {'name': call['name'], 'arguments': ''}}]})
        for piece in (call['text'][:half], call['text'][half:]):
            yield chunk({'tool_calls': [{'index': index, 'function': {'arguments': piece}}]})
    yield chunk({}, reply['stop'] or ('tool_calls' if reply['calls'] else 'stop'))
    if with_usage:
        yield dict(base, choices=[], usage={'prompt_tokens': 25, 'completion_tokens': 15, 'total_tokens': 40, **more_usage})


def anthropic_body(model, reply):
    content = [{'type': 'thinking', 'thinking': reply['reasoning'], 'signature': 'c2lnbmVk'}] if reply['reasoning'] else []
    content += [{'type': 'text', 'text': ''.join(reply['text'])}] if any(reply['text']) else []
    content += [{'type': 'tool_use', 'id': call['id'], 'name': call['name'], 'input': json.loads(call['text'])} for call in reply['calls']]
    return {'id': 'msg_1', 'type': 'message', 'role': 'assistant', 'model': model, 'content': content, 'stop_sequence': None,
            'stop_reason': reply['stop'] or ('tool_use' if reply['calls'] else 'end_turn'), 'usage': {'input_tokens': 5, 'cache_read_input_tokens': 20, 'output_tokens': 15}}


def chat_body(model, reply):
    message = {'role': 'assistant', 'content': ''.join(reply['text']) or None, 'refusal': None}
    if reply['reasoning']:
        message['reasoning_content'] = reply['reasoning']
    if reply['calls']:
        message['tool_calls'] = [{'id': call['id'], 'type': 'function', 'function': {'name': call['name'], 'arguments': call['text']}}
                                 for call in reply['calls']]
    return {'id': 'chatcmpl-1', 'object': 'chat.completion', 'created': int(time.time()), 'model': model,
            'choices': [{'index': 0, 'message': message, 'finish_reason': reply['stop'] or ('tool_calls' if reply['calls'] else 'stop')}],
            'usage': {'prompt_tokens': 25, 'completion_tokens': 15, 'total_tokens': 40}}


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def log_message(self, *unused):
        pass

    @property
    def control(self):
        return self.server.control

    @property
    def anthropic(self):
        return self.path.split('?')[0].endswith('/messages') or 'anthropic-version' in self.headers

    @property
    def format(self):
        path = self.path.split('?')[0]
        if self.anthropic:
            return 'anthropic'
        if '/v1beta/' in path or '/publishers/' in path:
            return 'gemini'
        if path.startswith(('/api/chat', '/api/tags', '/api/show')):
            return 'ollama'
        return 'responses' if path.endswith('/responses') else 'chat'

    def send_body(self, status, body, kind='application/json', headers=None):
        self.send_response(status)
        self.send_header('Content-Type', kind)
        self.send_header('Content-Length', str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def send_json(self, status, value, headers=None):
        self.send_body(status, json.dumps(value).encode(), headers=headers)

    def error_object(self, refused):
        if self.anthropic:
            return {'type': 'error', 'error': {'type': refused.kind, 'message': refused.message}, 'request_id': 'req_1'}
        return more.error_object(self.format, refused) or {'error': {'message': refused.message, 'type': refused.kind, 'param': refused.param, 'code': refused.code}}

    def refuse(self, refused, headers=None):
        self.send_json(refused.status, self.error_object(refused), headers)

    def chunk(self, data):
        self.wfile.write(f'{len(data):x}\r\n'.encode() + data + b'\r\n')
        self.wfile.flush()

    def begin_stream(self):
        self.send_response(200)
        self.send_header('Content-Type', 'application/x-ndjson' if self.format == 'ollama' else 'text/event-stream')
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()

    def send_event(self, event):
        if self.format == 'ollama':
            self.chunk(json.dumps(event).encode() + b'\n')
            return
        if self.format == 'gemini':
            self.chunk(b'data: ' + json.dumps(event).encode() + b'\r\n\r\n')
            return
        name = f'event: {event["type"]}\n' if self.anthropic else ''
        self.chunk(f'{name}data: {json.dumps(event)}\n\n'.encode())

    def reset(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
        self.connection.close()
        self.close_connection = True

    def given_key(self):
        bearer = self.headers.get('Authorization', '')
        return self.headers.get('x-api-key') or self.headers.get('x-goog-api-key') or (bearer[7:] if bearer.startswith('Bearer ') else None)

    def check_key(self):
        wanted = self.control.values['key']
        if wanted is None or self.given_key() == wanted:
            return
        if self.anthropic:
            raise Refused(401, 'authentication_error', 'invalid x-api-key')
        if self.format == 'gemini':
            raise Refused(400, 'INVALID_ARGUMENT', 'API key not valid. Please pass a valid API key.', 'API_KEY_INVALID')
        raise Refused(401, 'invalid_request_error', f'Incorrect API key provided: {(self.given_key() or "")[:4]}****.', 'invalid_api_key')

    def check_model(self, model):
        known = self.control.values['models']
        if known is None or model in known:
            return
        if self.anthropic:
            raise Refused(404, 'not_found_error', f'model: {model}')
        if self.format == 'gemini':
            raise Refused(404, 'NOT_FOUND', f'models/{model} is not found for API version v1beta, or is not supported for generateContent.')
        if self.format == 'ollama':
            raise Refused(404, 'error', f"model '{model}' not found")
        raise Refused(404, 'invalid_request_error', f'The model `{model}` does not exist or you do not have access to it.', 'model_not_found')

    def note(self, body):
        hidden = {name: f'({len(value)} characters)' if name.lower() in ('authorization', 'x-api-key', 'x-goog-api-key') else value for name, value in self.headers.items()}
        entry = {'method': self.command, 'path': self.path, 'client': self.client_address[1], 'headers': hidden, 'body': body, 'refused': None}
        with self.control.lock:
            self.control.requests.append(entry)
        return entry

    def do_GET(self):
        if self.path == '/__control':
            with self.control.lock:
                self.send_json(200, {'requests': self.control.requests, 'inquiries': self.control.inquiries, 'control': self.control.values})
            return
        entry = self.note(None)
        fault = self.take_fault()
        if fault and self.early_fault(fault):
            return
        try:
            if not (self.control.values['open_list'] and self.path.endswith('/models')):
                self.check_key()
        except Refused as refused:
            entry['refused'] = refused.message
            self.refuse(refused)
            return
        names = self.control.values['models'] or ['test-model']
        listing = self.control.values['listing']
        if self.anthropic:
            self.send_json(200, {'data': [{'id': name, 'type': 'model', 'display_name': name,
                                           'capabilities': {'image_input': {'supported': name not in self.control.values['blind']}}, **listing}
                                          for name in names], 'has_more': False,
                                 'first_id': names[0], 'last_id': names[-1]})
        elif self.format == 'gemini':
            self.send_json(200, {'models': [{'name': f'models/{name}', 'inputTokenLimit': 32768, 'supportedGenerationMethods': ['generateContent'], **listing}
                                            for name in names]})
        elif self.format == 'ollama':
            self.send_json(200, {'models': [{'name': name, 'model': name, 'size': 1, 'details': {'family': 'test'}} for name in names]})
        else:
            self.send_json(200, {'object': 'list', 'data': [{'id': name, 'object': 'model', 'owned_by': 'test', 'max_model_len': 32768,
                                                             'input_modalities': ['text'] if name in self.control.values['blind'] else ['text', 'image'], **listing}
                                                            for name in names]})

    def do_POST(self):
        raw = self.rfile.read(int(self.headers.get('Content-Length') or 0))
        try:
            if self.path == '/__control':
                self.control.replace(json.loads(raw))
                self.send_json(200, {})
            elif self.path.endswith('/api/show'):
                self.show(json.loads(raw)['model'])
            else:
                self.complete(json.loads(raw))
        except ValueError as error:
            self.send_json(400, {'error': {'message': str(error), 'type': 'invalid_request_error'}})
        except OSError:
            self.close_connection = True

    def show(self, model):
        values = self.control.values
        with self.control.lock:
            self.control.inquiries.append(model)
        try:
            self.check_key()
            self.check_model(model)
        except Refused as refused:
            self.refuse(refused)
            return
        self.send_json(200, {'capabilities': values['abilities'] + ([] if model in values['blind'] else ['vision']), 'details': {'family': 'test'},
                             'model_info': {'general.architecture': 'test', 'test.context_length': values['context']}})

    def take_fault(self):
        def fault_fits(item):
            return item['path'] in self.path if 'path' in item else self.command == 'POST'
        return self.control.take(self.control.values['faults'], fault_fits)

    def complete(self, body):
        entry = self.note(body)
        fault = self.take_fault()
        if fault and self.early_fault(fault):
            return
        try:
            self.check_key()
            self.check_body(body)
            self.check_model(self.model_of(body))
        except Refused as refused:
            entry['refused'] = refused.message
            self.refuse(refused)
            return
        if self.control.barrier is not None:
            self.control.barrier.wait()
        if self.control.values['recording']:
            self.replay(self.control.values['recording'])
            return
        self.answer(body, fault)

    def model_of(self, body):
        return self.path.split('/models/')[1].split(':')[0] if self.format == 'gemini' else body['model']

    def check_body(self, body):
        values = self.control.values
        refuses = values['refuses']
        checks = {'anthropic': lambda: check_anthropic(body, self.headers, refuses), 'chat': lambda: check_chat(body, refuses),
                  'responses': lambda: more.check_responses(body, refuses), 'gemini': lambda: more.check_gemini(body),
                  'ollama': lambda: more.check_ollama(body)}
        checks[self.format]()
        if values['toolless'] and body.get('tools'):
            raise Refused(400, 'BadRequestError', values['toolless'])
        if values['toolless'] == '':
            body.pop('tools', None)
        size = len(json.dumps(body)) // BYTES_OF_TOKEN
        if values['holds'] and self.format == 'chat' and size > values['holds']:
            raise Refused(400, 'BadRequestError', f"This model's maximum context length is {values['holds']} tokens. However, your request has {size} input tokens. "
                                                  'Please reduce the length of the input messages.', 400)

    def early_fault(self, fault):
        """Faults instead of an answer. TRUE: that was it."""
        kind = fault['kind']
        if kind == 'delay':
            time.sleep(fault['seconds'])
        elif kind == 'hang':
            time.sleep(HANG)
            self.close_connection = True
        elif kind == 'reset':
            self.reset()
        elif kind == 'html':
            self.send_body(200, b'<!DOCTYPE html><html><head><title>Router login</title></head><body></body></html>', 'text/html')
        elif kind == 'redirect':
            self.send_body(307, b'', 'text/plain', {'Location': fault['location']})
        elif kind == 'status':
            status = fault['status']
            if 'body' in fault:
                self.send_json(status, fault['body'], fault.get('headers'))
                return True
            self.refuse(Refused(status, KINDS.get(status, 'api_error'), fault.get('message', f'scripted error {status}')), fault.get('headers'))
        elif kind == 'error_in_body':
            self.send_json(200, self.error_object(Refused(200, 'overloaded_error', 'Overloaded')))
        return kind in ('hang', 'reset', 'html', 'redirect', 'status', 'error_in_body')

    def answer(self, body, fault):
        describe = {'anthropic': describe_anthropic, 'responses': more.describe_responses, 'gemini': more.describe_gemini}
        user, results, system, tools = describe.get(self.format, describe_chat)(body)
        turn = self.control.take(self.control.values['script'], lambda item: fits(item, user, results, system))
        reply = plan(turn, tools)
        kind = fault['kind'] if fault else None
        model = self.model_of(body)
        streams = ':stream' in self.path or body.get('stream', self.format == 'ollama')
        if not streams or kind == 'no_stream':
            bodies = {'anthropic': anthropic_body, 'chat': chat_body, 'responses': more.responses_body, 'gemini': more.gemini_body, 'ollama': more.ollama_body}
            self.send_json(200, bodies[self.format](model, reply))
            return
        usage = (body.get('stream_options') or {}).get('include_usage', False)
        makers = {'anthropic': anthropic_events, 'responses': more.responses_events, 'gemini': more.gemini_events, 'ollama': more.ollama_lines}
        events = list(makers[self.format](model, reply) if self.format in makers else chat_events(model, reply, usage, self.control.values['usage']))
        self.begin_stream()
        if kind == 'hang_after_headers':
            self.wfile.flush()
            time.sleep(HANG)
            return
        if kind in ('cut', 'stall', 'reset_in_stream', 'error_in_stream'):
            self.stream_until_fault(events, kind)
            return
        for number, event in enumerate(events):
            time.sleep(self.control.values['delay'])
            self.control.wait_for_piece(number)
            self.send_event(event)
        if self.format == 'chat':
            self.chunk(b'data: [DONE]\n\n')
        self.wfile.write(b'0\r\n\r\n')

    def stream_until_fault(self, events, kind):
        """The first half, then what goes wrong."""
        for event in events[:max(len(events) // 2, 2)]:
            self.send_event(event)
        if kind == 'stall':
            time.sleep(HANG)
        elif kind == 'reset_in_stream':
            time.sleep(0.1)
            self.reset()
            return
        elif kind == 'error_in_stream':
            error = self.error_object(Refused(200, 'overloaded_error', 'Overloaded'))
            if self.format == 'gemini':
                self.chunk(json.dumps(error, indent=2).encode())
            else:
                self.send_event(dict(error, type='error'))
        self.wfile.write(b'0\r\n\r\n')

    def replay(self, path):
        with open(path, encoding='utf-8') as file:
            response = json.load(file)['response']
        body = response['body'].encode()
        size = self.control.values['pieces'] or len(body) or 1
        self.send_response(response['status'])
        for name, value in response['headers'].items():
            self.send_header(name, value)
        self.send_header('Transfer-Encoding', 'chunked')
        self.end_headers()
        for at in range(0, len(body), size):
            self.chunk(body[at:at + size])
        self.wfile.write(b'0\r\n\r\n')


class Server(ThreadingHTTPServer):
    request_queue_size = 512

    def handle_error(self, request, client_address):
        """Clients that end, or are killed, leave connections behind: nothing to report."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


def bind(port, patience=20):
    """Another test may have the port for a while."""
    try:
        return Server(('127.0.0.1', port), Handler)
    except OSError:
        if patience <= 0:
            raise
    time.sleep(0.5)
    return bind(port, patience - 0.5)


def end_with(parent):
    """A test that aborts can't end it: it would hold the test's output open."""
    while os.getppid() == parent:
        time.sleep(0.1)
    os._exit(1)


def main(arguments):
    threading.Thread(target=end_with, args=(os.getppid(),), daemon=True).start()
    port = 0
    if arguments[:1] == ['--port']:
        port, arguments = int(arguments[1]), arguments[2:]
    values = {}
    if arguments:
        with open(arguments[0], encoding='utf-8') as file:
            values = json.load(file)
    server = bind(port)
    server.daemon_threads = True
    server.control = Control(values)
    print(f'http://127.0.0.1:{server.server_address[1]}', flush=True)
    server.serve_forever(0.05)


if __name__ == '__main__':
    main(sys.argv[1:])
