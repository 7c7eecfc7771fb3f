#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What packages are made from: the Flatpak manifest, the desktop and metainfo files, and what `meson install` leaves."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SHARE = pathlib.Path(os.environ.get('VIG_BUILD', 'build')).resolve() / 'root' / 'share'
ID = 'org.vigilus.Vigilus'
# What the GNOME runtime brings along (https://gitlab.gnome.org/GNOME/gnome-build-meta).
RUNTIME = {'glib-2.0', 'gio-unix-2.0', 'gmodule-no-export-2.0', 'json-glib-1.0', 'libsoup-3.0', 'sqlite3', 'libgcrypt', 'libsecret-1', 'libseccomp',
           'libxml-2.0', 'libarchive', 'yaml-0.1'}


def run(*command, **options):
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False, **options)
    assert result.returncode == 0, f'{command[0]}: {result.stdout}{result.stderr}'
    return result.stdout + result.stderr


def test_desktop(_folder):
    assert not run('desktop-file-validate', str(SHARE / 'applications' / f'{ID}.desktop')).strip()


def test_metainfo(_folder):
    run('appstreamcli', 'validate', '--no-net', str(SHARE / 'metainfo' / f'{ID}.metainfo.xml'))
    assert f"version: '{re.search(r'<release version=.(.*?). ', (SHARE / 'metainfo' / f'{ID}.metainfo.xml').read_text()).group(1)}'" in (
        TOP / 'meson.build').read_text(encoding='utf-8')


def test_icon(_folder):
    assert '<svg' in (SHARE / 'icons/hicolor/scalable/apps' / f'{ID}.svg').read_text(encoding='utf-8')


def manifest(folder):
    return json.loads(subprocess.run(['flatpak-builder', '--show-manifest', str(TOP / 'flatpak' / f'{ID}.yml')], cwd=folder, capture_output=True,
                                     text=True, timeout=300, check=True).stdout)


def test_manifest(folder):
    shown = manifest(folder)
    assert shown['id'] == ID and shown['command'] == 'vigilusd'
    for module in shown['modules'][:-1]:
        for source in module['sources']:
            assert source['url'].startswith('https://') and re.fullmatch('[0-9a-f]{64}', source['sha256']), source


def test_dependencies(folder):
    """Every library that meson asks for is in the runtime, or a module before ours."""
    modules = {module['name'] for module in manifest(folder)['modules']}
    wanted = set(re.findall(r"dependency\('([^']+)'", (TOP / 'meson.build').read_text(encoding='utf-8')))
    assert len(wanted) > 5
    assert not wanted - RUNTIME - modules, f'missing in flatpak/: {wanted - RUNTIME - modules}'


def test_dashboard(folder):
    script = str(TOP / 'data' / 'install-dashboard.sh')
    refused = subprocess.run([script, folder, '/x'], env={**os.environ, 'DESTDIR': folder}, capture_output=True, text=True, check=False)
    assert refused.returncode == 1 and 'no built dashboard' in refused.stderr, refused
    built = pathlib.Path(folder) / 'built' / 'assets'
    built.mkdir(parents=True)
    (built.parent / 'index.html').write_text('<p>here</p>', encoding='utf-8')
    (built / 'a.js').write_text('1', encoding='utf-8')
    run(script, str(built.parent), '/usr/share/vigilus/dashboard', env={**os.environ, 'DESTDIR': f'{folder}/root'})
    assert (pathlib.Path(folder) / 'root/usr/share/vigilus/dashboard/assets/a.js').read_text(encoding='utf-8') == '1'


TESTS = [('the desktop file is valid', test_desktop), ('the metainfo is valid, and of this version', test_metainfo), ('the icon is installed', test_icon),
         ('flatpak-builder reads the manifest', test_manifest), ('the manifest has every library', test_dependencies),
         ('a built dashboard is installed', test_dashboard)]
failed = False
print(f'1..{len(TESTS)}')
for number, (title, test) in enumerate(TESTS, 1):
    with tempfile.TemporaryDirectory(prefix='vigilus-packaging-') as place:
        try:
            test(place)
            print(f'ok {number} - {title}')
        except Exception as error:  # each failure is reported
            failed = True
            print(f'not ok {number} - {title}')
            print('\n'.join('# ' + line for line in repr(error).splitlines()))
sys.exit(failed)
