# SPDX-License-Identifier: MIT
"""A daemon with one server whose Docker endpoint is given, and an Operator that calls what a test tells it to: one stage for a whole file."""
import atexit
import json

from fake_llm import FakeLlm
from harness import Daemon, decide, ended, pending, say

TOOLS = ['docker.list', 'docker.inspect', 'docker.logs', 'docker.images', 'docker.stats', 'docker.events', 'docker.start', 'docker.stop', 'docker.restart']


class Stage:
    def __init__(self, endpoint, tools=(), daemon=None, **server):
        self.calls_to_make, self.told = [], []
        self.llm = FakeLlm(self.think).__enter__()
        self.daemon = (daemon or Daemon()).__enter__()
        atexit.register(self.close)
        self.client = self.daemon.set_up()
        self.server = self.add_server('nas', endpoint, **server)
        self.client.post('/api/v1/providers', {'name': 'P', 'type': 'openai-compatible', 'base_url': self.llm.url, 'default_model': 'm'}).expect(201)
        body = {'name': 'Keeper', 'tools': ['servers.list', *TOOLS, *tools], 'permission_level': 'write', 'trust_mode': 'lenient'}
        self.operator = self.client.post('/api/v1/operators', body).expect(201)

    def add_server(self, name, endpoint, **more):
        body = {'name': name, 'host': '127.0.0.1', 'user_name': 'nobody', 'docker_endpoint': endpoint, **more}
        return self.client.post('/api/v1/servers', body).expect(201)

    def close(self):
        if self.daemon:
            self.llm.__exit__()
            self.daemon.__exit__()
            self.daemon = None

    def think(self, messages, tools):
        if messages[-1]['role'] != 'user':
            self.told += [str(message['content']) for message in messages if message['role'] == 'tool']
            return 'over', []
        return '', [(tool.replace('.', '-'), arguments) for tool, arguments in self.calls_to_make]

    def begin(self, *calls):
        self.calls_to_make = [(tool, {'server': 'nas', **arguments}) for tool, arguments in calls]
        return say(self.client, '@Keeper look')[1]

    def end(self, run, seconds=60):
        ended(self.client, run['id'], seconds)
        calls = self.client.items(f'/api/v1/runs/{run["id"]}/calls')
        return sorted(calls, key=lambda call: call['id'])

    def call_all(self, *calls, seconds=60):
        """Makes the calls in one run; answers (outcome, text) of each, in their order."""
        run = self.begin(*calls)
        ended_calls = self.end(run, seconds)
        assert len(ended_calls) == len(calls), (len(ended_calls), calls)
        return [(call['outcome'], call['result']['text']) for call in ended_calls]

    def call(self, tool, **arguments):
        """One call that has to go well; answers its result."""
        ((outcome, text),) = self.call_all((tool, arguments))
        assert outcome == 'success', (tool, arguments, outcome, text)
        return json.loads(text)

    def refused(self, tool, **arguments):
        """One call that has to fail; answers why."""
        ((outcome, text),) = self.call_all((tool, arguments))
        assert outcome in ('failed', 'denied'), (tool, arguments, outcome, text)
        return text

    def approve(self):
        approval = pending(self.client)
        decide(self.client, approval)
        return approval
