// A cluster's own authority and what it has signed, and a stranger that signs itself.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { atEnd } from '../../live/support/suite.mjs';

const openssl = (...words) => execFileSync('openssl', words, { stdio: 'pipe' });
const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export class Certificates {
  constructor() {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-tls-'));
    atEnd(() => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.#signItself('authority');
  }

  file(name) {
    return path.join(this.folder, name);
  }

  #signItself(name) {
    openssl('req', '-x509', ...key, '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.pem`),
      '-days', '2', '-subj', `/CN=${name}`);
  }

  /** The settings of a node whose certificate the authority has signed. */
  signed(name) {
    openssl('req', ...key, '-keyout', this.file(`${name}.key`), '-out', this.file(`${name}.csr`), '-subj', `/CN=${name}`);
    openssl('x509', '-req', '-in', this.file(`${name}.csr`), '-CA', this.file('authority.pem'),
      '-CAkey', this.file('authority.key'), '-CAcreateserial', '-out', this.file(`${name}.pem`), '-days', '2');
    return this.#settings(name);
  }

  /** Of one that has signed its own. */
  stranger(name) {
    this.#signItself(name);
    return this.#settings(name);
  }

  #settings(name) {
    return {
      TANDEM_CLUSTER_CERTIFICATE: this.file(`${name}.pem`),
      TANDEM_CLUSTER_KEY: this.file(`${name}.key`),
      TANDEM_CLUSTER_AUTHORITY: this.file('authority.pem'),
    };
  }
}
