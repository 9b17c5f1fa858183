/** A certificate authority for one test run, and a certificate of a venue's hosts signed by it. */
import forge from 'node-forge';

export interface Certificates {
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

export function makeCertificates(hosts: readonly string[]): Certificates {
  const ca = forge.pki.rsa.generateKeyPair(2048);
  const caName = [{ name: 'commonName', value: 'test authority' }];
  const caCert = certificate(ca.publicKey, '01', caName, caName, [
    { name: 'basicConstraints', cA: true },
    { name: 'keyUsage', keyCertSign: true, critical: true },
  ]);
  caCert.sign(ca.privateKey, forge.md.sha256.create());
  const own = forge.pki.rsa.generateKeyPair(2048);
  const cert = certificate(own.publicKey, '02', [{ name: 'commonName', value: hosts[0]! }], caName, [
    { name: 'subjectAltName', altNames: hosts.map((value) => ({ type: 2, value })) },
  ]);
  cert.sign(ca.privateKey, forge.md.sha256.create());
  return {
    caPem: forge.pki.certificateToPem(caCert),
    certPem: forge.pki.certificateToPem(cert),
    keyPem: forge.pki.privateKeyToPem(own.privateKey),
  };
}

function certificate(
  publicKey: forge.pki.PublicKey,
  serialNumber: string,
  subject: forge.pki.CertificateField[],
  issuer: forge.pki.CertificateField[],
  extensions: object[],
): forge.pki.Certificate {
  const made = forge.pki.createCertificate();
  made.publicKey = publicKey;
  made.serialNumber = serialNumber;
  made.validity.notBefore = new Date(Date.now() - 86_400_000);
  made.validity.notAfter = new Date(Date.now() + 86_400_000);
  made.setSubject(subject);
  made.setIssuer(issuer);
  made.setExtensions(extensions);
  return made;
}
