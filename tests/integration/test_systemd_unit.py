# SPDX-License-Identifier: MIT
"""The shipped systemd unit: nothing in it is misspelt, it is as tight as promised, and commands can be confined under it."""
import ctypes
import os
import pathlib
import re
import subprocess
import sys
import tempfile

BUILD = pathlib.Path(os.environ.get('VIG_BUILD', 'build')).resolve()
UNIT = BUILD / 'data' / 'systemd' / 'vigilus.service'
LIMITS = {'vigilus.service': 15, 'vigilus-helper@.service': 38}  # tenths: the exposure that systemd-analyze works out
NOBODY = 65534
ALLOW, EPERM_ACTION = 0x7fff0000, 0x00050001


def analyze(*arguments):
    return subprocess.run(['systemd-analyze', *arguments], capture_output=True, text=True, timeout=300, check=False)


def copy_of_unit(folder, name='vigilus.service'):
    """With a program that is there, so that only the unit itself can be blamed."""
    path = pathlib.Path(folder) / name
    path.write_text(re.sub(r'^ExecStart=.*$', 'ExecStart=/bin/true', (UNIT.parent / name).read_text(encoding='utf-8'), flags=re.M), encoding='utf-8')
    return str(path)


def words_of(exception):
    """Which words of a unit's comment may give the reason for an exception: CapabilityBoundingSet=~CAP_(DAC_*|FOWNER) is CAP_DAC_ or CAP_FOWNER."""
    setting, _, value = exception.partition('~')
    if not value:
        return [setting.split('=')[0]]
    prefix, group = re.fullmatch(r'(\w*@?)(?:\(([^)]*)\))?(?:\*)?', value).groups() if not value.startswith('@') else (value, None)
    return [prefix + part.rstrip('*') for part in group.split('|')] if group else [prefix]


def test_helper_units(folder):
    """Root's part: nothing misspelt, off unless it is enabled, and its socket for nobody but the daemon."""
    result = analyze('verify', *(copy_of_unit(folder, name) for name in ('vigilus-helper.socket', 'vigilus-helper@.service')))
    assert not result.stderr.strip(), result.stderr
    socket = pathlib.Path(folder, 'vigilus-helper.socket').read_text(encoding='utf-8')
    assert 'SocketUser=vigilus' in socket and 'SocketMode=0600' in socket and 'ConditionPathExists=' in socket
    sysusers = (UNIT.parent / 'vigilus.service').read_text(encoding='utf-8')
    assert 'vigilus-helper' not in sysusers, 'the daemon must not pull the helper in'


def sets():
    found, name = {}, None
    for line in analyze('--no-pager', 'syscall-filter').stdout.splitlines():
        line = re.sub(r'\x1b\[[0-9;]*m', '', line)
        if line.startswith('@'):
            name = line.strip()
            found[name] = []
        elif name and line.strip() and not line.strip().startswith('#'):
            found[name].append(line.strip())
    return found


def expand(word, known):
    if not word.startswith('@'):
        return {word}
    return set().union(*(expand(part, known) for part in known[word]))


def allowed_calls():
    """What SystemCallFilter= comes to, as systemd reads it: one line after the other. systemd itself always allows @default."""
    known, allowed = sets(), set()
    allowed |= expand('@default', known)
    for line in re.findall(r'^SystemCallFilter=(.*)$', UNIT.read_text(encoding='utf-8'), flags=re.M):
        calls = set().union(*(expand(word, known) for word in line.lstrip('~').split()))
        allowed = allowed - calls if line.startswith('~') else allowed | calls
    return allowed


def restrict(names):
    """Like the service: an unprivileged user, no new privileges, and these system calls only."""
    library = ctypes.CDLL('libseccomp.so.2')
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_load.argtypes = [ctypes.c_void_p]
    library.seccomp_rule_add.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_int, ctypes.c_uint]
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    context = library.seccomp_init(EPERM_ACTION)
    for name in sorted(names):
        library.seccomp_rule_add(context, ALLOW, library.seccomp_syscall_resolve_name(name.encode()), 0)
    if library.seccomp_load(context) != 0:
        os._exit(99)


def test_verify(folder):
    result = analyze('verify', copy_of_unit(folder))
    assert not result.stderr.strip(), result.stderr


def test_exposure(folder):
    """At most what is promised, and each exception that systemd-analyze finds has its reason in the unit itself."""
    for name, limit in LIMITS.items():
        result = analyze('security', '--offline=true', f'--threshold={limit}', '--no-pager', copy_of_unit(folder, name))
        assert result.returncode == 0, (name, result.stdout[-300:])
        reasons = ' '.join(re.findall(r'^#.*$', (UNIT.parent / name).read_text(encoding='utf-8'), flags=re.M))
        exceptions = re.findall(r'^\W*✗ (\S+)', result.stdout, flags=re.M)
        assert exceptions, result.stdout
        for exception in exceptions:
            assert any(word in reasons for word in words_of(exception)), (name, exception, 'has no reason in the unit')


def test_confinement(folder):
    names = allowed_calls()
    assert 'read' in names and 'chown' not in names, sorted(names)
    os.chmod(folder, 0o777)
    # The filter leaves LeakSanitizer no ptrace () to stop the threads by.
    env = {'PATH': os.environ['PATH'], 'TMPDIR': folder, 'ASAN_OPTIONS': 'detect_leaks=0'}
    for name in ('test-sandbox', 'test-sandbox-machine'):
        result = subprocess.run([str(BUILD / 'tests' / 'unit' / 'base' / name)], env=env, cwd='/',
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, preexec_fn=lambda: restrict(names), check=False)
        assert result.returncode == 0, result.stdout[-2000:] + result.stderr[-500:]


TESTS = [('the unit has no mistake', test_verify), ('the exposure of each unit is as promised, with a reason for each exception', test_exposure),
         ('commands are confined under its system calls', test_confinement), ('the helper is off unless enabled', test_helper_units)]
failed = False
print(f'1..{len(TESTS)}')
for number, (title, test) in enumerate(TESTS, 1):
    with tempfile.TemporaryDirectory(prefix='vigilus-unit-') as place:
        try:
            test(place)
            print(f'ok {number} - {title}')
        except Exception as error:  # each failure is reported
            failed = True
            print(f'not ok {number} - {title}')
            print('\n'.join('# ' + line for line in str(error).splitlines()))
sys.exit(failed)
