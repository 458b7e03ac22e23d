import x509 from 'k6/crypto/x509';

const certificates = {
  rsa: `-----BEGIN CERTIFICATE-----
MIIELzCCAxegAwIBAgIBBzANBgkqhkiG9w0BAQsFADAqMQswCQYDVQQGEwJBVDEb
MAoGA1UECgwDQW10MA0GA1UEAwwGV3VyemVsMCAXDTE5MDEwMjAzMDQwNVoYDzIw
NTEwMjAzMDQwNTA2WjCCAQIxCzAJBgNVBAYTAkRFMQswCQYDVQQGEwJGUjEPMA0G
A1UECAwGQmF5ZXJuMREwDwYDVQQHDAhNw7xuY2hlbjEOMAwGA1UEEQwFODAzMzEx
FjAUBgNVBAkMDU1hcmllbnBsYXR6IDExDjAMBgNVBAoMBUVyc3RlMQ8wDQYDVQQK
DAZad2VpdGUxDTALBgNVBAsMBGVpbnMxDTALBgNVBAsMBHp3ZWkxETAPBgNVBAMM
CGFsdC50ZXN0MREwDwYDVQQDDAhuZXUudGVzdDEXMBUGCSqGSIb3DQEJARYIYUBi
LnRlc3QxDTALBgNVBAUTBDQ3MTExDTALBgQqAwQFDANvd24wggEiMA0GCSqGSIb3
DQEBAQUAA4IBDwAwggEKAoIBAQDLwD7mVvtKafu07C7Lq9W2jYhF7n0bqezbgt1O
kw6H+tHAyquKXpfia/UK8t5Lrtgm2gRO6nezfST8vVkd3V7XmzHbITvvWnUpafoK
shO6hmr8cXK2Bl4yRtQ7766RNBM+lsVi+Igd8qHYRywdks7tper0YaXckoXPqUIq
/+HrQ9xV68XQGV+Xd5ZEqSFt0/rBUs18NGTyT8QudqsKKf2t+e7gnLopkDRhZgII
tTL96fhF4pIhDL53JZavzj6J6nSzTbkjRpNu3TbeNUs3KxYnIK2Bk/D15BtesC/f
5Lp3m5rFZc3ZdYoP659t8zqG4k1S501bXdA/c6WQeperzAhDAgMBAAGjgYMwgYAw
fgYDVR0RBHcwdYYRaHR0cDovL3UudGVzdC9wP3GCBmIudGVzdIcEwAACAYIIKi5h
LnRlc3SBCG1AeC50ZXN0hxAgAQ24AAAAAAAAAAAAAAABpCwwKjELMAkGA1UEBhMC
QVQxGzAKBgNVBAoMA0FtdDANBgNVBAMMBld1cnplbDANBgkqhkiG9w0BAQsFAAOC
AQEAtyIq0RMbbYm9Ah9B3KMtuIGpeMnOJynIMO3UvduplOuMQ6SNNAwUgHy1Zmbd
3Ra+JIZMnHSgXUaUA4MA49rcrPn2kGwyZN8ZBUjIZDyFqbJfb9meiZHb+ltIiBte
zNtpZanxM5kjulBPbzXokeCcXGVWsRvR9tkaNn6JT/ts4a/uR3YzCZac5RIhpLA5
FT1IoVqRTmiG0rXDacrar5dPvUmRePeCSgkJjGAzkAz4a1zjI7ubzCw6VhIBVc1n
PN0HE7DRkpyGtwFZPvXbhZD6tEG06yMJ9iH1UpnjnqpQaROgH9ar7pw5fbQn3CQe
gd2c1yhL53l9tPIDRdV5XfkrYQ==
-----END CERTIFICATE-----`,
  p256: `-----BEGIN CERTIFICATE-----
MIIBKjCB0aADAgECAgEHMAoGCCqGSM49BAMCMAAwIBcNMTkwMTAyMDMwNDA1WhgP
MjA1MTAyMDMwNDA1MDZaMCoxCzAJBgNVBAYTAkFUMRswCgYDVQQKDANBbXQwDQYD
VQQDDAZXdXJ6ZWwwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASDV7+o2mXUxQuk
Ps93gQWofF2JR+9+86HOhGYjRrl2m3Fl9wwKUsW/VLzjtLxoPiSkv6VHRbZBDzCw
zO48KREKoxAwDjAMBgNVHREEBTADggF4MAoGCCqGSM49BAMCA0gAMEUCIC0kE1cL
neu2YxSRRZ9G5/ZnrnJq5ftthwzON7Sl7sUrAiEArtDq1JdK5DyNtH8TidBRQdbZ
PIbvvvob8qkOeXRpdas=
-----END CERTIFICATE-----`,
  p384: `-----BEGIN CERTIFICATE-----
MIIBVTCB3KADAgECAgEHMAoGCCqGSM49BAMDMCoxCzAJBgNVBAYTAkFUMRswCgYD
VQQKDANBbXQwDQYDVQQDDAZXdXJ6ZWwwIBcNMTkwMTAyMDMwNDA1WhgPMjA1MTAy
MDMwNDA1MDZaMAAwdjAQBgcqhkjOPQIBBgUrgQQAIgNiAARGGSHh61jWJ2yt8vFG
8dmJ8aqLinYLJxARJS2QgbKDyVh53SoXAUmBDNhbqpSEzleofNqS55OoWmhJLUeq
0ccl+S/bOP/Ue5h173F1suakGT9DMt4c874EEShNHk3BzngwCgYIKoZIzj0EAwMD
aAAwZQIwKut2fwNHHeXRI9O/E98cogkvpPkj2t84w0HzeWXWcN5ib4NE0uFlc+d4
3FrNcfATAjEA8D22bOLbFHlpTDgLiVsWco41xLarbz1ygY5H5QdFzI/p1ijlkF9v
em8ygld6eJ8O
-----END CERTIFICATE-----`,
  p521: `-----BEGIN CERTIFICATE-----
MIICRzCCAS+gAwIBAgIBBzANBgkqhkiG9w0BAQ0FADAqMQswCQYDVQQGEwJBVDEb
MAoGA1UECgwDQW10MA0GA1UEAwwGV3VyemVsMCAXDTE5MDEwMjAzMDQwNVoYDzIw
NTEwMjAzMDQwNTA2WjAqMQswCQYDVQQGEwJBVDEbMAoGA1UECgwDQW10MA0GA1UE
AwwGV3VyemVsMIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQBfFYTMmIlhZvbnGJM
9rTCorxm9Ymd2gRq7INUDIOoUZ7bTnFIeKkW8ds+4AARZttjG00ym0Y99rcCFOpw
45xyAnYAtWQ2G6zKMqKWu+7K5O4pu6DQDpIBe0cefeXGEJV9c1TiXASf+lrMtkrR
x9ar6FLbhFy/KuGhenvpgsWf8FzGgYAwDQYJKoZIhvcNAQENBQADggEBALppXQie
dOTZte1OHYu5HfQI0zys39DaIXhU9ZZtpV4Bvdu9rcd48AMPx1gCdvlY9iZT/5be
cIcxYViOOg3SmUOMBfg9sBbttNl1mN80gTQTLsT8w2WAKRq7MJMaWR4RK1lAN9+P
18EvZl6N1MWrYFVMr/ECPNQu7Bu9k8lId2z6/I1AtOTUdNzFAX41iagNWEvvCGcM
k4op+oTIgCd1OFEfEDFO2Mno/0Ilb9/FCATHbwaEqA7A1D9oE7hxGSa7lz63W/Vl
otajwXcY6mBAiMU2rfb6JM/RdE3R3WpTBFl/pN4Ti6qEAd7MCnc/gzftVP5V/H7m
RYm63y/PA6QzKp4=
-----END CERTIFICATE-----`,
  dsa: `-----BEGIN CERTIFICATE-----
MIICjTCCAkugAwIBAgIBBzALBglghkgBZQMEAwIwKjELMAkGA1UEBhMCQVQxGzAK
BgNVBAoMA0FtdDANBgNVBAMMBld1cnplbDAgFw0xOTAxMDIwMzA0MDVaGA8yMDUx
MDIwMzA0MDUwNlowKjELMAkGA1UEBhMCQVQxGzAKBgNVBAoMA0FtdDANBgNVBAMM
Bld1cnplbDCCAbgwggEsBgcqhkjOOAQBMIIBHwKBgQDfF0vlOkDIHya3dL2XcGZV
8c00Ab4Tra3StbMoLTxzDEiFH+cjj+2+jq9TaQ7n+jhOtBYiqlym0QOmV3NhZXBT
kvvPAEq8YmNsUEp+b082It87M6R3NPU7nr5sSWxeGTUKdRDB2bwwWB2d7OvlFtwQ
SEnzK54pu3SoaG0l98nwyQIVAJruPxVVLZFWYlL8afP4fW90eoavAoGBAM5Tc7cb
JgAGJmltN2x2B/C7kSB9RiLCOJX9FsFeF8nTohvXX0hs+CLKiMoFjWjwauE16eUu
wXhaRe/ay03cD2zvWzB1DnzcfxKju6MJ4BcrTo9sIXsvr0zOTozA4RM/aSTkU+mA
KXtPfZhs6h4r5FTDtQm4D2/7FK05TObzggPvA4GFAAKBgQCVqJZ/8BBiymZhrh9O
bC0wFPnr/GnAhIZ4ZIR8eVKJ/2EpMfQ+eQO3dENo7iU1o2FDeZpnZ0TmcHZ4jrPR
T02WZywrrAh9nlFxnuCjxY6Jh+oNW87XagmkPVYUMH9iVaqKC7WQKDKB5lwyTDkP
tYVRGMs1KEQmw7OiFhaO2TDUazALBglghkgBZQMEAwIDLwAwLAIUFO+rBSVYpesn
I+JK8U1au3tLYWICFGMG4PfHG2j7jX8FbRX0Qr7abgBz
-----END CERTIFICATE-----`,
  ed25519: `-----BEGIN CERTIFICATE-----
MIIBAjCBtaADAgECAgEHMAUGAytlcDAqMQswCQYDVQQGEwJBVDEbMAoGA1UECgwD
QW10MA0GA1UEAwwGV3VyemVsMCAXDTE5MDEwMjAzMDQwNVoYDzIwNTEwMjAzMDQw
NTA2WjAqMQswCQYDVQQGEwJBVDEbMAoGA1UECgwDQW10MA0GA1UEAwwGV3VyemVs
MCowBQYDK2VwAyEA2iKlj8iQNniwaJLnFmlFpQZrTggkwpieZqE1fVNPiMcwBQYD
K2VwA0EAixXm4eMTlrRih8OQ1GMDob/tpxsS5zaaxFUl3WLbUNTLFQrE/1lIG8AE
k21mUrlpvI/MBDezTefiOidPkCc8DQ==
-----END CERTIFICATE-----`,
  signedByEd25519: `-----BEGIN CERTIFICATE-----
MIIB/TCCAa+gAwIBAgIBBzAFBgMrZXAwKjELMAkGA1UEBhMCQVQxGzAKBgNVBAoM
A0FtdDANBgNVBAMMBld1cnplbDAgFw0xOTAxMDIwMzA0MDVaGA8yMDUxMDIwMzA0
MDUwNlowKjELMAkGA1UEBhMCQVQxGzAKBgNVBAoMA0FtdDANBgNVBAMMBld1cnpl
bDCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAMvAPuZW+0pp+7TsLsur
1baNiEXufRup7NuC3U6TDof60cDKq4pel+Jr9Qry3kuu2CbaBE7qd7N9JPy9WR3d
XtebMdshO+9adSlp+gqyE7qGavxxcrYGXjJG1DvvrpE0Ez6WxWL4iB3yodhHLB2S
zu2l6vRhpdyShc+pQir/4etD3FXrxdAZX5d3lkSpIW3T+sFSzXw0ZPJPxC52qwop
/a357uCcuimQNGFmAgi1Mv3p+EXikiEMvncllq/OPonqdLNNuSNGk27dNt41Szcr
FicgrYGT8PXkG16wL9/kunebmsVlzdl1ig/rn23zOobiTVLnTVtd0D9zpZB6l6vM
CEMCAwEAATAFBgMrZXADQQAcAZZnzfbM27MOhsyEaXU40hvOQ/nskqU0rj5FiuB4
gmXf7+irrhQn83A3atJLO0sH38odt1KKwB8HV6exfo0M
-----END CERTIFICATE-----`,
  koblitz: `-----BEGIN CERTIFICATE-----
MIIBPjCB5qADAgECAgEHMAoGCCqGSM49BAMCMCoxCzAJBgNVBAYTAkFUMRswCgYD
VQQKDANBbXQwDQYDVQQDDAZXdXJ6ZWwwIBcNMTkwMTAyMDMwNDA1WhgPMjA1MTAy
MDMwNDA1MDZaMCoxCzAJBgNVBAYTAkFUMRswCgYDVQQKDANBbXQwDQYDVQQDDAZX
dXJ6ZWwwVjAQBgcqhkjOPQIBBgUrgQQACgNCAAS5KIKBgT61p10tfLpn2IWjKmKl
1gfjimkcAzuhm96DflnRFrqeZl12xTyjwwVWzxnRGhFNCkWW8lJwPGM6nsnJMAoG
CCqGSM49BAMCA0cAMEQCIBnGDJoHnkQdhXDQaqVmc1EKeeTSkcfk5R7hyMTCp/My
AiB8g6Ts/2G+oLc45xtLTOOcjKk7StwZ20QWfrP5vyiacQ==
-----END CERTIFICATE-----`,
};

const pem = certificates.rsa;
const body = pem.split('\n').slice(1, -1).join('');
const others = {
  nothing: undefined, none: null, number: 5, object: {}, empty: '', text: 'text', bytes: new Uint8Array([1]),
  asBytes: new Uint8Array(pem.split('').map((c) => c.charCodeAt(0))).buffer,
  two: `${certificates.p256}\n${pem}`, textAround: `some: text\n${pem}\nand more`, crlf: pem.replace(/\n/g, '\r\n'), oneLine: `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE-----`,
  otherName: pem.replace(/CERTIFICATE/g, 'X509 CERTIFICATE'), headers: pem.replace('-----\n', '-----\nA: b\nC: d\n\n'), brokenFirst: `${pem.replace(body.slice(8, 12), '****')}\n${certificates.p256}`,
  indented: pem.replace(/^/gm, '  '), noLines: `-----BEGIN CERTIFICATE-----${body}-----END CERTIFICATE-----`, noEnd: pem.split('\n').slice(0, -1).join('\n'), noBase64: pem.replace(body.slice(8, 12), '****'),
  cut: `-----BEGIN CERTIFICATE-----\n${body.slice(0, 100)}\n-----END CERTIFICATE-----`, noDER: '-----BEGIN CERTIFICATE-----\naGVsbG8=\n-----END CERTIFICATE-----',
};

const shown = (value) => JSON.stringify(value, (key, member) => (typeof member === 'bigint' ? `${member}n` : member));

const attempt = (name, f) => {
  let found;
  try {
    found = shown(f());
  } catch (e) {
    found = String(e);
  }
  console.log(name, found);
};

const numbers = ({ algorithm, key }) => {
  if (algorithm === 'ECDSA') return [key.curve.params().name, key.params().bit_size, key.x, key.y];
  return algorithm === 'RSA' ? [key.n, key.e] : [key.parameters.p, key.q, key.g, key.y];
};

export default function () {
  for (const name of Object.keys(certificates)) {
    const given = certificates[name];
    attempt(name, () => x509.getSubject(given));
    attempt(name, () => x509.getIssuer(given));
    attempt(name, () => x509.getAltNames(given));
    attempt(name, () => {
      const certificate = x509.parse(given);
      const { publicKey, ...rest } = certificate;
      return [rest, publicKey.algorithm, numbers(publicKey)];
    });
  }
  for (const name of Object.keys(others)) attempt(name, () => x509.parse(others[name]).subject.commonName);
  const certificate = x509.parse(pem);
  console.log(Array.isArray(certificate.fingerPrint), certificate.fingerPrint.length, Object.keys(certificate).join(), Object.keys(certificate.subject).join(), Object.keys(certificate.issuer).join());
  attempt('change', () => {
    certificate.subject.commonName = 'changed';
    certificate.altNames.push('more');
    return [certificate.subject.commonName, certificate.altNames.length, x509.parse(pem).subject.commonName];
  });
}
