// The FluentServer of @fluent-org/logger as a program: node fluent_server.js OPTIONS.json
//
//   port             where it listens, on 127.0.0.1; 0 takes a free one
//   entries_file     each entry that it takes is appended to it as one line, [tag, record]
//   tls              {certificate_file, private_key_file, client_ca_file}; with the last, clients must show a certificate
//   security         {serverHostname, sharedKey, authorize, userDict}, as FluentServer has it
//
// Prints "listening on PORT" once it does. NODE_PATH names the folder that the package is in.
'use strict';

const fs = require('fs');
const {FluentServer} = require('@fluent-org/logger');

const options = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const entries = fs.openSync(options.entries_file, 'a');

function tlsOptions(files) {
  const tls = {cert: fs.readFileSync(files.certificate_file), key: fs.readFileSync(files.private_key_file)};
  if (!files.client_ca_file) return tls;
  return {...tls, ca: fs.readFileSync(files.client_ca_file), requestCert: true, rejectUnauthorized: true};
}

// As JSON has it: an extension becomes the text in it, bytes become Base64.
function plain(value) {
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value.type === 'number' && value.data instanceof Uint8Array) return Buffer.from(value.data).toString();
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, plain(child)]));
}

const server = new FluentServer({
  listenOptions: {host: '127.0.0.1', port: options.port},
  tlsOptions: tlsOptions(options.tls),
  security: options.security,
});
server.on('entry', (tag, time, record) => fs.writeSync(entries, JSON.stringify([tag, plain(record)]) + '\n'));
server.listen().then(() => console.log(`listening on ${server.port}`));
