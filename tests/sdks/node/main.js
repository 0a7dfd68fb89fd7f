// SPDX-License-Identifier: Apache-2.0
// Records what told.py says and exports it twice: through the gateway, and straight to the reference.
// main.js PROTOCOL CODING TEMPORALITY ENDPOINT CA REFERENCE
'use strict';
const fs = require('fs');
const { ValueType, diag, DiagConsoleLogger, DiagLogLevel } = require('@opentelemetry/api');
const { resourceFromAttributes } = require('@opentelemetry/resources');
const { AggregationTemporality, AggregationType, InstrumentType, MeterProvider, PeriodicExportingMetricReader } =
  require('@opentelemetry/sdk-metrics');
const proto = require('@opentelemetry/exporter-metrics-otlp-proto');

const [protocol, coding, temporality, endpoint, ca, reference] = process.argv.slice(2);
diag.setLogger(new DiagConsoleLogger(), { logLevel: DiagLogLevel.WARN });
let round = 0;
let failed = false;

function makeExporter() {
  const pem = ca === '-' ? undefined : fs.readFileSync(ca);
  const options = { compression: coding };
  if (protocol === 'grpc') {
    const { credentials } = require('@grpc/grpc-js');
    const { OTLPMetricExporter } = require('@opentelemetry/exporter-metrics-otlp-grpc');
    return new OTLPMetricExporter({ ...options, url: endpoint,
      credentials: pem ? credentials.createSsl(pem) : credentials.createInsecure() });
  }
  const { OTLPMetricExporter } =
    protocol === 'http/json' ? require('@opentelemetry/exporter-metrics-otlp-http') : proto;
  return new OTLPMetricExporter({ ...options, url: endpoint + '/v1/metrics',
    ...(pem ? { httpAgentOptions: { ca: pem, keepAlive: true } } : {}) });
}

class Tee {
  constructor(...inner) {
    this.inner = inner;
  }
  export(metrics, done) {
    let left = this.inner.length;
    for (const x of this.inner)
      x.export(metrics, (result) => {
        failed ||= result.code !== 0;
        if (--left === 0) done(result);
      });
  }
  selectAggregationTemporality(type) {
    const delta = [InstrumentType.COUNTER, InstrumentType.HISTOGRAM, InstrumentType.OBSERVABLE_COUNTER];
    return temporality === 'delta' && delta.includes(type) ? AggregationTemporality.DELTA : AggregationTemporality.CUMULATIVE;
  }
  async forceFlush() {
    await Promise.all(this.inner.map((x) => x.forceFlush()));
  }
  async shutdown() {
    await Promise.all(this.inner.map((x) => x.shutdown()));
  }
}

function makeInstruments(provider) {
  const one = provider.getMeter('told.one', '1.2', { schemaUrl: 'https://example.com/schema' });
  const two = provider.getMeter('told.two');
  const int = { valueType: ValueType.INT };
  two.createObservableGauge('observed', int).addCallback((o) => {
    o.observe(7, { names: ['a', 'b'], numbers: [1, 2, 3], flags: [true, false] });
    o.observe(9007199254740991, { empty: '' });
  });
  two.createObservableCounter('ticks', int).addCallback((o) => o.observe(10 * round));
  two.createObservableUpDownCounter('depth', int).addCallback((o) => o.observe(5 - 3 * round));
  return {
    requests: one.createCounter('requests', { ...int, unit: '1', description: 'requests so far ✓' }),
    work: one.createCounter('work'),
    balance: one.createUpDownCounter('balance', int),
    latency: one.createHistogram('latency', { unit: 's', advice: { explicitBucketBoundaries: [0, 1, 2.5, 5, 10] } }),
    exponential: one.createHistogram('exponential'),
    temperature: two.createGauge('temperature', { unit: 'Cel' }),
  };
}

function record(it) {
  for (let i = 0; i < 20; i++)
    it.requests.add(i + round, { index: i, text: 'käse ✓ ' + 'x'.repeat(i), even: i % 2 === 0, part: i * 0.25 + 0.125 });
  for (let i = 0; i < 5; i++) {
    it.work.add(i * 0.5 + round, { index: i });
    it.balance.add(round - i, { index: i });
    it.temperature.record(i * 1.5 - 20.25 + round, { index: i });
  }
  for (let i = 0; i < 30; i++) {
    it.latency.record(i * 0.75, { kind: `k${i % 3}` });
    it.exponential.record((5 + 4 * i) / 16, { kind: `k${i % 2}` });
  }
}

async function main() {
  const exporter = new Tee(makeExporter(), new proto.OTLPMetricExporter({ url: reference }));
  const provider = new MeterProvider({
    readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3600000 })],
    resource: resourceFromAttributes({ 'service.name': 'sdk', answer: 42, ratio: 0.5, flag: true, names: ['a', 'b'],
      text: 'käse ✓ 日本 😀' }),
    views: [{ instrumentName: 'exponential', aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } }],
  });
  const instruments = makeInstruments(provider);
  for (round = 1; round <= 3; round++) {
    record(instruments);
    await provider.forceFlush();
  }
  round = 3;
  await provider.shutdown();
  process.exitCode = failed ? 1 : 0;
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
