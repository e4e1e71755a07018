// The MockOpAMPServer of @elastic/mockopampserver as a program: node opamp_server.js OPTIONS.json
//
//   port             where it listens, on 127.0.0.1
//   messages_file    each exchange is appended to it as one line: {status, agent_to_server, server_to_agent}; bytes are in hexadecimal
//   config_file      what is offered as connectors.yaml, from when the file is there, and anew whenever its content changes
//   tls              {certificate_file, private_key_file, client_ca_file}; with the last, clients must show a certificate
//   bad_mode         one of the server's own ways to answer wrongly
//
// Prints "listening on PORT" once it does. NODE_PATH names the folder that the package is in.
'use strict';

const fs = require('fs');
const {MockOpAMPServer} = require('@elastic/mockopampserver');

const options = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const messages = fs.openSync(options.messages_file, 'a');
const look_again_ms = 50;

// As JSON has it: bytes are hexadecimal, big numbers plain ones; what a library hangs on messages for itself is left out.
function plain(value) {
  if (typeof value === 'bigint') return Number(value);
  if (value === null || typeof value !== 'object') return value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(plain);
  return Object.fromEntries(Object.entries(value).filter(([key]) => !key.startsWith('$')).map(([key, child]) => [key, plain(child)]));
}

const tls = options.tls;
const server = new MockOpAMPServer({
  logLevel: 'fatal',
  hostname: '127.0.0.1',
  port: options.port,
  testMode: true,
  badMode: options.bad_mode,
  cert: fs.readFileSync(tls.certificate_file),
  key: fs.readFileSync(tls.private_key_file),
  ca: tls.client_ca_file ? fs.readFileSync(tls.client_ca_file) : undefined,
  requestCert: Boolean(tls.client_ca_file),
});

let told = 0;
let offered = '';
function look() {
  const exchanges = server.testGetRequests();
  for (const each of exchanges.slice(told)) {
    const line = {status: each.res && each.res.statusCode, agent_to_server: plain(each.a2s), server_to_agent: plain(each.s2a)};
    fs.writeSync(messages, JSON.stringify(line) + '\n');
  }
  told = exchanges.length;
  const wanted = fs.existsSync(options.config_file) ? fs.readFileSync(options.config_file, 'utf8') : '';
  if (wanted === offered) return;
  offered = wanted;
  server.setAgentConfigMap({configMap: {'connectors.yaml': {body: Buffer.from(wanted), contentType: 'text/yaml'}}});
}

server.start().then(() => {
  look();
  setInterval(look, look_again_ms);
  console.log(`listening on ${options.port}`);
});
