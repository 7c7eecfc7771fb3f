# SPDX-License-Identifier: MIT
"""What the real servers demand of a request: each check raises Refused with the status and the words of the real one."""
import json
import re

NAME = re.compile(r'^[a-zA-Z0-9_-]{1,64}$')
TOOL_USE_ID = re.compile(r'^[a-zA-Z0-9_-]+$')
ANTHROPIC_FIELDS = {'model', 'max_tokens', 'messages', 'system', 'stream', 'tools', 'tool_choice', 'thinking', 'temperature', 'top_p', 'top_k',
                    'stop_sequences', 'metadata', 'output_config', 'cache_control', 'service_tier'}


class Refused(Exception):
    def __init__(self, status, kind, message, code=None, param=None):
        super().__init__(message)
        self.status, self.kind, self.message, self.code, self.param = status, kind, message, code, param


def anthropic_need(condition, message):
    if not condition:
        raise Refused(400, 'invalid_request_error', message)


def check_anthropic_tools(tools):
    names = set()
    for i, tool in enumerate(tools):
        name = tool.get('name')
        anthropic_need(isinstance(name, str) and NAME.match(name), f"tools.{i}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,64}}$'")
        anthropic_need(name not in names, 'tools: Tool names must be unique.')
        schema = tool.get('input_schema')
        anthropic_need(isinstance(schema, dict) and schema.get('type') == 'object', f'tools.{i}.custom.input_schema.type: Field required')
        names.add(name)


def check_anthropic_block(where, role, block):
    kind = block.get('type')
    anthropic_need(kind, f'{where}.type: Field required')
    if kind == 'text':
        anthropic_need(block.get('text'), f'{where}: text content blocks must be non-empty')
        anthropic_need(block['text'].strip(), f'{where}: text content blocks must contain non-whitespace text')
    if kind == 'tool_use':
        anthropic_need(role == 'assistant', f'{where}: `tool_use` blocks can only be in `assistant` messages')
        anthropic_need(TOOL_USE_ID.match(block.get('id') or ''), f"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")
        anthropic_need(NAME.match(block.get('name') or ''), f"{where}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{{1,200}}$'")
        anthropic_need(isinstance(block.get('input'), dict), f'{where}.tool_use.input: Input should be a valid dictionary')
    if kind == 'tool_result':
        anthropic_need(role == 'user', f'{where}: `tool_result` blocks can only be in `user` messages')
    if kind == 'thinking':
        anthropic_need(block.get('signature'), f'{where}.thinking.signature: Field required')


def blocks_of(message):
    content = message.get('content')
    return [{'type': 'text', 'text': content}] if isinstance(content, str) else content


def check_anthropic_pairs(messages):
    open_ids, seen = [], set()
    for i, message in enumerate(messages):
        blocks = blocks_of(message)
        results = [block['tool_use_id'] for block in blocks if block['type'] == 'tool_result']
        for identifier in results:
            anthropic_need(identifier in open_ids, f'messages.{i}.content.0: unexpected `tool_use_id` found in `tool_result` blocks: {identifier}. '
                           'Each `tool_result` block must have a corresponding `tool_use` block in the previous message.')
        missing = [identifier for identifier in open_ids if identifier not in results]
        anthropic_need(not missing, f'messages.{i - 1}: `tool_use` ids were found without `tool_result` blocks immediately after: {", ".join(missing)}.')
        kinds = [block['type'] for block in blocks]
        anthropic_need('tool_result' not in kinds[len(results):], f'messages.{i}: `tool_result` blocks must come first in the content')
        open_ids = [block['id'] for block in blocks if block['type'] == 'tool_use']
        for identifier in open_ids:
            anthropic_need(identifier not in seen, f'messages.{i}: `tool_use` ids must be unique')
            seen.add(identifier)
    anthropic_need(not open_ids, f'messages.{len(messages) - 1}: `tool_use` ids were found without `tool_result` blocks immediately after')


def check_anthropic_thinking(body, refuses):
    """What a model refuses of thinking, in the server's words: "adaptive", "effort", "display", "thinking"; and what all refuse."""
    thinking = body.get('thinking') or {}
    anthropic_need(not ('thinking' in refuses and thinking), f"'{body['model']}' does not support thinking.")
    anthropic_need(not ('adaptive' in refuses and thinking.get('type') == 'adaptive'), 'adaptive thinking is not supported on this model')
    anthropic_need(not ('effort' in refuses and body.get('output_config')), 'This model does not support the effort parameter.')
    anthropic_need(not ('display' in refuses and 'display' in thinking), 'thinking.adaptive.display: Extra inputs are not permitted')
    anthropic_need(not thinking or thinking.get('type') in ('adaptive', 'enabled', 'disabled'), 'thinking.type: Input should be a valid type')
    if thinking.get('type') != 'enabled':
        return
    budget = thinking.get('budget_tokens')
    anthropic_need(isinstance(budget, int) and budget >= 1024, 'thinking.enabled.budget_tokens: Input should be greater than or equal to 1024')
    anthropic_need(budget < body['max_tokens'], '`max_tokens` must be greater than `thinking.budget_tokens`.')
    messages = body['messages']
    if blocks_of(messages[-1])[0]['type'] == 'tool_result':
        first = blocks_of(messages[-2])[0]['type']
        anthropic_need(first.endswith('thinking'), f'messages.{len(messages) - 2}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{first}`. '
                       'When `thinking` is enabled, a final `assistant` message must start with a thinking block.')


def check_anthropic_signatures(messages, refuses):
    for i, message in enumerate(messages):
        for j, block in enumerate(blocks_of(message)):
            anthropic_need(block['type'] != 'redacted_thinking' or block.get('data'), f'messages.{i}.content.{j}.redacted_thinking.data: Field required')
            anthropic_need(not ('signature' in refuses and block['type'] == 'thinking'), f'messages.{i}.content.{j}: Invalid `signature` in `thinking` block')


def check_anthropic(body, headers, refuses):
    anthropic_need(headers.get('anthropic-version'), 'anthropic-version: header is required')
    for name in body:
        anthropic_need(name in ANTHROPIC_FIELDS, f'{name}: Extra inputs are not permitted')
    anthropic_need(isinstance(body.get('model'), str) and body['model'], 'model: Field required')
    anthropic_need(isinstance(body.get('max_tokens'), int) and body['max_tokens'] > 0, 'max_tokens: Field required')
    messages = body.get('messages')
    anthropic_need(isinstance(messages, list) and messages, 'messages: at least one message is required')
    for i, message in enumerate(messages):
        anthropic_need(message.get('role') in ('user', 'assistant'), f"messages.{i}.role: Input should be 'user' or 'assistant'")
        anthropic_need(blocks_of(message), f'messages.{i}: all messages must have non-empty content')
        for j, block in enumerate(blocks_of(message)):
            check_anthropic_block(f'messages.{i}.content.{j}', message['role'], block)
    anthropic_need(messages[0]['role'] == 'user', 'messages: first message must use the "user" role')
    anthropic_need(messages[-1]['role'] == 'user', 'This model does not support assistant message prefill. The conversation must end with a user message.')
    check_anthropic_pairs(messages)
    check_anthropic_tools(body.get('tools') or [])
    check_anthropic_thinking(body, refuses)
    check_anthropic_signatures(messages, refuses)


def chat_need(condition, message, param=None, code=None):
    if not condition:
        raise Refused(400, 'invalid_request_error', message, code, param)


def check_chat_tools(tools):
    for i, tool in enumerate(tools):
        function = tool.get('function') or {}
        chat_need(tool.get('type') == 'function', f"Missing required parameter: 'tools[{i}].type'.", f'tools[{i}].type')
        chat_need(NAME.match(function.get('name') or ''), f"Invalid 'tools[{i}].function.name': string does not match pattern. Expected a string that "
                  "matches the pattern '^[a-zA-Z0-9_-]+$'.", f'tools[{i}].function.name', 'invalid_value')
        schema = function.get('parameters', {'type': 'object'})
        chat_need(isinstance(schema, dict) and schema.get('type') == 'object', f"Invalid schema for function '{function['name']}': schema must be a JSON "
                  "Schema of 'type: \"object\"'.", f'tools[{i}].function.parameters', 'invalid_function_parameters')


def check_chat_assistant(where, message):
    calls = message.get('tool_calls')
    chat_need(calls is None or calls, f"Invalid '{where}.tool_calls': empty array. Expected an array with minimum length 1.", f'{where}.tool_calls', 'empty_array')
    chat_need(message.get('content') or calls, f"Invalid value for 'content': expected a string, got null.", f'{where}.content')
    for j, call in enumerate(calls or []):
        chat_need(len(call.get('id') or '') in range(1, 41), f"Invalid '{where}.tool_calls[{j}].id': string too long. Expected a string with maximum length 40.")
        chat_need(NAME.match(call['function'].get('name') or ''), f"Invalid '{where}.tool_calls[{j}].function.name': string does not match pattern.")
        chat_need(isinstance(call['function'].get('arguments'), str), f"Invalid type for '{where}.tool_calls[{j}].function.arguments': expected a string.")
        try:
            json.loads(call['function']['arguments'])
        except ValueError:
            chat_need(False, f"Invalid '{where}.tool_calls[{j}].function.arguments': not JSON")
    return [call['id'] for call in calls or []]


def check_chat_messages(messages):
    open_ids = []
    for i, message in enumerate(messages):
        where, role = f'messages[{i}]', message.get('role')
        chat_need(role in ('system', 'developer', 'user', 'assistant', 'tool'), f"Invalid value: '{role}'. Supported values are: 'system', 'assistant', "
                  "'user', 'function', 'tool', and 'developer'.", f'{where}.role', 'invalid_value')
        if role == 'tool':
            chat_need(open_ids, f"Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.", f'{where}.role')
            chat_need(message.get('tool_call_id') in open_ids, f"Invalid parameter: 'tool_call_id' of '{message.get('tool_call_id')}' not found in 'tool_calls' of previous message.")
            chat_need(isinstance(message.get('content'), (str, list)), f"Missing required parameter: '{where}.content'.")
            open_ids.remove(message['tool_call_id'])
            continue
        chat_need(not open_ids, "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following "
                  f"tool_call_ids did not have response messages: {', '.join(open_ids)}", f'{where}.role')
        if role == 'assistant':
            open_ids = check_chat_assistant(where, message)
        else:
            chat_need(isinstance(message.get('content'), (str, list)), f"Invalid type for '{where}.content': expected one of a string or array of objects, but got null instead.")
    chat_need(not open_ids, "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'.")


def check_chat(body, refuses):
    chat_need(isinstance(body.get('model'), str) and body['model'], 'you must provide a model parameter')
    chat_need(isinstance(body.get('messages'), list), "Missing required parameter: 'messages'.", 'messages', 'missing_required_parameter')
    chat_need(body['messages'], "Invalid 'messages': empty array. Expected an array with minimum length 1.", 'messages', 'empty_array')
    chat_need('stream_options' not in body or body.get('stream'), "The 'stream_options' parameter is only allowed when 'stream' is enabled.", 'stream_options')
    shows = any(part.get('type') == 'image_url' for message in body['messages'] for part in message.get('content') or [] if isinstance(part, dict))
    chat_need(not (shows and 'pictures' in refuses), 'This model does not support image input.', 'messages', 'invalid_value')
    for name in refuses:
        chat_need(name not in body, f"Unsupported parameter: '{name}' is not supported with this model.", name, 'unsupported_parameter')
    check_chat_messages(body['messages'])
    check_chat_tools(body.get('tools') or [])
