// SPDX-License-Identifier: MIT
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A real sshd that the test helper of the other suites runs. */
export class Sshd {
  async start() {
    this.folder = mkdtempSync(join(tmpdir(), 'vigilus-ssh-'));
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-f', join(this.folder, 'vigilus_key'), '-N', '']);
    this.key = readFileSync(join(this.folder, 'vigilus_key'), 'utf8');
    this.child = spawn('/usr/bin/python3', [join(top, 'tests/lib/sshd.py')], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    Object.assign(this, await this.hear());
    return this;
  }

  async hear() {
    return JSON.parse((await this.lines.next()).value);
  }

  async tell(line) {
    this.child.stdin.write(`${line}\n`);
    Object.assign(this, await this.hear());
  }

  allow() {
    return this.tell(`allow ${readFileSync(join(this.folder, 'vigilus_key.pub'), 'utf8').trim()}`);
  }

  async stop() {
    this.child.stdin.end();
    await new Promise((done) => this.child.once('exit', done));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
