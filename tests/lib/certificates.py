# SPDX-License-Identifier: MIT
"""A certificate authority of a test's own, by openssl."""
import pathlib
import subprocess


def openssl(*arguments):
    subprocess.run(['openssl', *map(str, arguments)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name='ca'):
        self.folder = pathlib.Path(folder)
        self.key, self.certificate = self.folder / f'{name}-key.pem', self.folder / f'{name}.pem'
        openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2', '-subj', f'/CN={name}', '-keyout', self.key, '-out', self.certificate)

    @property
    def pem(self):
        return self.certificate.read_text(encoding='ascii')

    def sign(self, name, usage, names='', kind=('-newkey', 'rsa:2048')):
        """Answers the paths of a new key and its certificate; @names as in subjectAltName."""
        key, request, certificate, extensions = (self.folder / f'{name}{suffix}' for suffix in ('-key.pem', '.csr', '.pem', '.ext'))
        extensions.write_text(f'extendedKeyUsage = {usage}\n' + (f'subjectAltName = {names}\n' if names else ''), encoding='ascii')
        openssl('req', *kind, '-nodes', '-subj', f'/CN={name}', '-keyout', key, '-out', request)
        openssl('x509', '-req', '-in', request, '-CA', self.certificate, '-CAkey', self.key, '-CAcreateserial', '-days', '2', '-extfile', extensions, '-out', certificate)
        return key, certificate
