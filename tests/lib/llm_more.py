# SPDX-License-Identifier: MIT
"""OpenAI Responses, Gemini generateContent and Ollama for the replay server: what they demand, what they answer, how they say no."""
import json

from llm_checks import NAME, Refused

STATUS = {400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 429: 'RESOURCE_EXHAUSTED', 500: 'INTERNAL',
          503: 'UNAVAILABLE'}
RESPONSES_FIELDS = {'model', 'input', 'instructions', 'stream', 'store', 'include', 'tools', 'tool_choice', 'parallel_tool_calls', 'max_output_tokens',
                    'reasoning', 'text', 'temperature', 'top_p', 'metadata', 'previous_response_id', 'prompt_cache_key', 'user', 'truncation'}
GEMINI_FIELDS = {'contents', 'systemInstruction', 'tools', 'toolConfig', 'generationConfig', 'safetySettings', 'cachedContent'}
GEMINI_PARTS = {'text', 'inlineData', 'fileData', 'functionCall', 'functionResponse', 'executableCode', 'codeExecutionResult'}


def need(condition, message, status=400, code=None, param=None):
    if not condition:
        raise Refused(status, 'invalid_request_error', message, code, param)


def check_schema(where, schema):
    need(isinstance(schema, dict) and schema.get('type') == 'object', f"Invalid schema for {where}: schema must be a JSON Schema of 'type: \"object\"'.")


# ---------------------------------------------------------------- Responses
def check_responses_item(where, item, calls, results):
    kind = item.get('type', 'message')
    if kind == 'message':
        kinds = {'assistant': ('output_text', 'refusal')}.get(item.get('role'), ('input_text', 'input_image'))
        need(item.get('role') in ('user', 'assistant', 'system', 'developer'), f"Invalid value: '{item.get('role')}'.", param=f'{where}.role')
        parts = item['content'] if isinstance(item.get('content'), list) else [{'type': kinds[0]}]
        need(parts, f"Invalid '{where}.content': empty array.")
        for part in parts:
            need(part.get('type') in kinds, f"Invalid value: '{part.get('type')}'. Supported values are: {kinds}.", code='invalid_value', param=f'{where}.content')
            need(part['type'] != 'input_image' or part.get('image_url', '').startswith(('data:image/', 'http')), 'Invalid image_url', code='invalid_image_url')
    elif kind == 'function_call':
        need(1 <= len(item.get('call_id') or '') <= 64, f"Invalid '{where}.call_id': string too long. Expected a string with maximum length 64.")
        need(NAME.match(item.get('name') or ''), f"Invalid '{where}.name': string does not match pattern.")
        need(isinstance(item.get('arguments'), str), f"Invalid type for '{where}.arguments': expected a string.")
        need(item['call_id'] not in calls, 'Duplicate call_id')
        need('id' not in item, f"Item with id '{item.get('id')}' not found. Items are not persisted when `store` is set to false.", 404)
        calls.append(item['call_id'])
    elif kind == 'function_call_output':
        need(item.get('call_id') in calls, f"No tool call found for function call output with call_id {item.get('call_id')}.", param='input')
        need(isinstance(item.get('output'), (str, list)), f"Missing required parameter: '{where}.output'.")
        results.append(item['call_id'])
    elif kind == 'reasoning':
        need(item.get('encrypted_content'), f"Item with id '{item.get('id')}' not found. Items are not persisted when `store` is set to false.", 404)
        need(isinstance(item.get('summary'), list), f"Missing required parameter: '{where}.summary'.")
    else:
        need(False, f"Invalid value: '{kind}'.", code='invalid_value', param=f'{where}.type')


def check_responses(body, refuses):
    for name in body:
        need(name in RESPONSES_FIELDS, f"Unknown parameter: '{name}'.", code='unknown_parameter', param=name)
    for name in refuses:
        need(name not in body, f"Unsupported parameter: '{name}' is not supported with this model.", code='unsupported_parameter', param=name)
    need(isinstance(body.get('model'), str) and body['model'], 'you must provide a model parameter')
    need(body.get('store') is False, 'this server does not store')
    need(body.get('input'), "Missing required parameter: 'input'.")
    sealed = [item for item in body['input'] if item.get('type') == 'reasoning']
    need(not ('sealed' in refuses and sealed), 'The encrypted content c2VhbGVk could not be verified. Reason: Encrypted content could not be decrypted or '
         'parsed.', code='invalid_encrypted_content')
    calls, results = [], []
    for i, item in enumerate(body['input']):
        check_responses_item(f'input[{i}]', item, calls, results)
    missing = [call for call in calls if call not in results]
    need(not missing, f'No tool output found for function call {", ".join(missing)}.', param='input')
    for i, tool in enumerate(body.get('tools') or []):
        need(tool.get('type') == 'function' and 'function' not in tool, f"Missing required parameter: 'tools[{i}].name'.")
        need(NAME.match(tool.get('name') or ''), f"Invalid 'tools[{i}].name': string does not match pattern.")
        need(tool.get('strict') is False, "Invalid schema: 'required' is required to be supplied and to be an array including every key in properties.")
        check_schema(f"function '{tool['name']}'", tool.get('parameters'))


def text_of_item(item):
    content = item.get('content')
    return content if isinstance(content, str) else '\n'.join(part.get('text', '') for part in content or [])


def describe_responses(body):
    users = [text_of_item(item) for item in body['input'] if item.get('role') == 'user']
    results = []
    for item in reversed(body['input']):
        if item.get('type') != 'function_call_output':
            break
        results.insert(0, item['output'])
    return users[-1] if users else '', '\n'.join(results) if results else None, body.get('instructions', ''), [t['name'] for t in body.get('tools') or []]


def responses_items(reply):
    if reply['reasoning']:
        yield {'type': 'reasoning', 'id': 'rs_1', 'summary': [{'type': 'summary_text', 'text': reply['reasoning']}], 'encrypted_content': 'c2VhbGVk'}
    if any(reply['text']):
        yield {'type': 'message', 'id': 'msg_1', 'role': 'assistant', 'status': 'completed',
               'content': [{'type': 'output_text', 'text': ''.join(reply['text']), 'annotations': []}]}
    for i, call in enumerate(reply['calls']):
        yield {'type': 'function_call', 'id': f'fc_{i}', 'call_id': call['id'], 'name': call['name'], 'arguments': call['text'], 'status': 'completed'}


def responses_body(model, reply, status='completed'):
    incomplete = {'reason': reply['stop']} if reply['stop'] else None
    return {'id': 'resp_1', 'object': 'response', 'model': model, 'status': 'incomplete' if incomplete else status, 'error': None,
            'incomplete_details': incomplete, 'output': list(responses_items(reply)),
            'usage': {'input_tokens': 25, 'input_tokens_details': {'cached_tokens': 5}, 'output_tokens': 15,
                      'output_tokens_details': {'reasoning_tokens': 3}, 'total_tokens': 40}}


def responses_deltas(item, reply):
    if item['type'] == 'reasoning':
        return [{'type': 'response.reasoning_summary_part.added', 'summary_index': 0, 'part': {'type': 'summary_text', 'text': ''}},
                {'type': 'response.reasoning_summary_text.delta', 'summary_index': 0, 'delta': reply['reasoning']},
                {'type': 'response.reasoning_summary_part.done', 'summary_index': 0, 'part': item['summary'][0]}]
    if item['type'] == 'message':
        part = {'type': 'output_text', 'text': '', 'annotations': []}
        return [{'type': 'response.content_part.added', 'content_index': 0, 'part': part},
                *({'type': 'response.output_text.delta', 'content_index': 0, 'delta': piece} for piece in reply['text']),
                {'type': 'response.content_part.done', 'content_index': 0, 'part': item['content'][0]}]
    half = len(item['arguments']) // 2
    return [{'type': 'response.function_call_arguments.delta', 'delta': piece} for piece in (item['arguments'][:half], item['arguments'][half:])]


def responses_events(model, reply):
    events = [{'type': 'response.created', 'response': dict(responses_body(model, reply, 'in_progress'), output=[])}]
    for index, item in enumerate(responses_items(reply)):
        empty = {'arguments': '', 'content': [], 'summary': []}
        begun = {name: empty.get(name, value) for name, value in item.items() if name != 'encrypted_content'}
        events.append({'type': 'response.output_item.added', 'output_index': index, 'item': begun})
        events += [dict(delta, output_index=index) for delta in responses_deltas(item, reply)]
        events.append({'type': 'response.output_item.done', 'output_index': index, 'item': item})
    whole = responses_body(model, reply)
    events.append({'type': 'response.' + whole['status'], 'response': whole})
    return [dict(event, sequence_number=number) for number, event in enumerate(events)]


# ---------------------------------------------------------------- Gemini
def gemini_need(condition, message):
    if not condition:
        raise Refused(400, 'INVALID_ARGUMENT', message)


def check_gemini_content(where, content, open_calls):
    gemini_need(content.get('role') in ('user', 'model'), 'Please use a valid role: user, model.')
    parts = content.get('parts')
    gemini_need(parts, f'{where}.parts: contents.parts must not be empty.')
    for part in parts:
        kinds = [name for name in part if name in GEMINI_PARTS]
        gemini_need(len(kinds) == 1, f"{where}.parts.data: required oneof field 'data' must have one initialized field")
    calls = [part['functionCall'] for part in parts if 'functionCall' in part]
    answers = [part['functionResponse'] for part in parts if 'functionResponse' in part]
    gemini_need(len(answers) == len(open_calls), 'Please ensure that the number of function response parts is equal to the number of function call parts '
                'of the function call turn.')
    for call, answer in zip(open_calls, answers):
        gemini_need(answer.get('name') == call['name'] and isinstance(answer.get('response'), dict), f'{where}: function response {answer.get("name")} does not fit')
        gemini_need(answer.get('id') == call.get('id'), f'{where}: function response id {answer.get("id")} does not fit {call.get("id")}')
    for call in calls:
        gemini_need(NAME.match(call.get('name') or '') and isinstance(call.get('args', {}), dict), f'{where}: invalid function call')
    first = next((part for part in parts if 'functionCall' in part), None)
    gemini_need(first is None or first.get('thoughtSignature'), 'Function call is missing a thought_signature in functionCall parts.')
    gemini_need(not calls or content['role'] == 'model', 'Please ensure that function call turn comes from the model.')
    return calls


def check_gemini(body):
    for name in body:
        gemini_need(name in GEMINI_FIELDS, f'Invalid JSON payload received. Unknown name "{name}": Cannot find field.')
    gemini_need(body.get('contents'), '* GenerateContentRequest.contents: contents is not specified')
    open_calls = []
    for i, content in enumerate(body['contents']):
        open_calls = check_gemini_content(f'contents[{i}]', content, open_calls)
    gemini_need(body['contents'][0]['role'] == 'user' and body['contents'][-1]['role'] == 'user', 'Please ensure that single turn requests end with a user role.')
    for tool in body.get('tools') or []:
        for declaration in tool['functionDeclarations']:
            gemini_need(NAME.match(declaration.get('name') or ''), 'Invalid function name. Must start with a letter or an underscore.')
            gemini_need(declaration['parametersJsonSchema'].get('type') == 'object', 'parameters must be an object')


def describe_gemini(body):
    def text(content):
        return '\n'.join(part['text'] for part in content['parts'] if 'text' in part)
    users = [text(content) for content in body['contents'] if content['role'] == 'user' and text(content)]
    results = [json.dumps(part['functionResponse']['response']) for part in body['contents'][-1]['parts'] if 'functionResponse' in part]
    system = text(body['systemInstruction']) if 'systemInstruction' in body else ''
    tools = [declaration['name'] for tool in body.get('tools') or [] for declaration in tool['functionDeclarations']]
    return users[-1] if users else '', '\n'.join(results) if results else None, system, tools


def gemini_parts(reply):
    if reply['reasoning']:
        yield {'text': reply['reasoning'], 'thought': True}
    for piece in reply['text']:
        yield {'text': piece}
    for i, call in enumerate(reply['calls']):
        part = {'functionCall': {'name': call['name'], 'args': call['arguments'] if isinstance(call['arguments'], dict) else {}, 'id': call['id'][:8] + str(i)}}
        yield dict(part, thoughtSignature='c2lnbmVk') if i == 0 else part


def gemini_events(model, reply):
    usage = {'promptTokenCount': 25, 'candidatesTokenCount': 12, 'thoughtsTokenCount': 3, 'totalTokenCount': 40}
    parts = list(gemini_parts(reply))
    for i, part in enumerate(parts or [{'text': ''}]):
        candidate = {'content': {'role': 'model', 'parts': [part]}, 'index': 0}
        if i == max(len(parts), 1) - 1:
            candidate['finishReason'] = reply['stop'] or 'STOP'
        yield {'candidates': [candidate], 'usageMetadata': usage, 'modelVersion': model}


def gemini_body(model, reply):
    return {'candidates': [{'content': {'role': 'model', 'parts': list(gemini_parts(reply))}, 'finishReason': reply['stop'] or 'STOP', 'index': 0}],
            'usageMetadata': {'promptTokenCount': 25, 'candidatesTokenCount': 15, 'totalTokenCount': 40}, 'modelVersion': model}


# ---------------------------------------------------------------- Ollama
def check_ollama(body):
    def ollama_need(condition, message):
        if not condition:
            raise Refused(400, 'error', message)
    ollama_need(isinstance(body.get('model'), str) and body['model'], 'model is required')
    ollama_need(isinstance(body.get('messages'), list), 'messages must be a list')
    open_ids = []
    for message in body['messages']:
        ollama_need(message.get('role') in ('system', 'user', 'assistant', 'tool'), f'invalid role: {message.get("role")}')
        ollama_need(isinstance(message.get('content', ''), str), 'json: cannot unmarshal object into Go struct field .messages.content of type string')
        ollama_need(all(isinstance(image, str) and not image.startswith('data:') for image in message.get('images', [])), 'illegal base64 data at input byte 4')
        if message['role'] == 'tool':
            ollama_need(message.get('tool_name') and message.get('tool_call_id') in open_ids, 'tool result without a call')
            open_ids.remove(message['tool_call_id'])
            continue
        ollama_need(not open_ids, 'tool calls without results')
        for call in message.get('tool_calls') or []:
            ollama_need(isinstance(call['function'].get('arguments'), dict),
                        'json: cannot unmarshal string into Go struct field .messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments')
            open_ids.append(call['id'])
    for tool in body.get('tools') or []:
        check_schema('tool', tool['function'].get('parameters'))


def ollama_lines(model, reply):
    base = {'model': model, 'created_at': '2026-01-01T00:00:00Z'}
    if reply['reasoning']:
        yield dict(base, message={'role': 'assistant', 'content': '', 'thinking': reply['reasoning']}, done=False)
    for piece in reply['text']:
        yield dict(base, message={'role': 'assistant', 'content': piece}, done=False)
    for i, call in enumerate(reply['calls']):
        function = {'index': i, 'name': call['name'], 'arguments': call['arguments']}
        yield dict(base, message={'role': 'assistant', 'content': '', 'tool_calls': [{'id': call['id'], 'function': function}]}, done=False)
    yield dict(base, message={'role': 'assistant', 'content': ''}, done=True, done_reason=reply['stop'] or 'stop', prompt_eval_count=25, eval_count=15)


def ollama_body(model, reply):
    message = {'role': 'assistant', 'content': ''.join(reply['text']), 'thinking': reply['reasoning']}
    if reply['calls']:
        message['tool_calls'] = [{'id': call['id'], 'function': {'name': call['name'], 'arguments': call['arguments']}} for call in reply['calls']]
    return {'model': model, 'message': message, 'done': True, 'done_reason': reply['stop'] or 'stop', 'prompt_eval_count': 25, 'eval_count': 15}


def error_object(kind, refused):
    """As the server of @kind says it; None: not one of these."""
    if kind == 'ollama':
        return {'error': refused.message}
    if kind == 'gemini':
        status = refused.status if refused.status >= 300 else 503
        word = refused.kind if refused.kind.isupper() else STATUS.get(status, 'UNAVAILABLE')
        details = [{'@type': 'type.googleapis.com/google.rpc.ErrorInfo', 'reason': refused.code}] if refused.code else []
        return {'error': {'code': status, 'message': refused.message, 'status': word, 'details': details}}
    return None
