// SPDX-License-Identifier: Apache-2.0
//! Records what told.py says and exports it twice: through the gateway, and straight to the reference.
//! sdk-test PROTOCOL CODING TEMPORALITY ENDPOINT CA REFERENCE CLIENT
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};
use std::sync::Arc;
use std::time::Duration;

use hyper_rustls::HttpsConnectorBuilder;
use opentelemetry::metrics::{Meter, MeterProvider};
use opentelemetry::{Array, InstrumentationScope, KeyValue, Value};
use opentelemetry_http::hyper::HyperClient;
use opentelemetry_otlp::{
    Compression, MetricExporter, Protocol, WithExportConfig, WithHttpConfig, WithTonicConfig,
};
use opentelemetry_sdk::error::{OTelSdkError, OTelSdkResult};
use opentelemetry_sdk::metrics::data::ResourceMetrics;
use opentelemetry_sdk::metrics::exporter::PushMetricExporter;
use opentelemetry_sdk::metrics::{Aggregation, Instrument, PeriodicReader, SdkMeterProvider, Stream, Temporality};
use opentelemetry_sdk::Resource;
use rustls::pki_types::{pem::PemObject, CertificateDer};
use tokio::runtime::Runtime;
use tonic::transport::{Certificate, ClientTlsConfig};

static ROUND: AtomicI64 = AtomicI64::new(0);
static FAILED: AtomicI64 = AtomicI64::new(0);

struct Arguments {
    protocol: String,
    coding: String,
    temporality: Temporality,
    endpoint: String,
    ca: Option<Vec<u8>>,
    reference: String,
    client: String,
}

fn arguments() -> Arguments {
    let mut it = std::env::args().skip(1);
    let mut next = || it.next().expect("seven arguments");
    Arguments {
        protocol: next(),
        coding: next(),
        temporality: if next() == "delta" { Temporality::Delta } else { Temporality::Cumulative },
        endpoint: next(),
        ca: Some(next()).filter(|name| name != "-").map(|name| std::fs::read(name).expect("the authority")),
        reference: next(),
        client: next(),
    }
}

fn tls(ca: &Option<Vec<u8>>) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    if let Some(pem) = ca {
        roots.add(CertificateDer::from_pem_slice(pem).expect("PEM")).expect("a root");
    }
    rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth()
}

fn over_grpc(a: &Arguments) -> MetricExporter {
    let mut builder = MetricExporter::builder().with_temporality(a.temporality).with_tonic().with_endpoint(&a.endpoint);
    if let Some(pem) = &a.ca {
        builder = builder.with_tls_config(ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem)));
    }
    if a.coding == "gzip" {
        builder = builder.with_compression(Compression::Gzip);
    }
    builder.build().expect("a gRPC exporter")
}

fn over_http(a: &Arguments) -> MetricExporter {
    let protocol = if a.protocol == "http/json" { Protocol::HttpJson } else { Protocol::HttpBinary };
    let mut builder = MetricExporter::builder()
        .with_temporality(a.temporality)
        .with_http()
        .with_protocol(protocol)
        .with_endpoint(format!("{}/v1/metrics", a.endpoint));
    if a.coding == "gzip" {
        builder = builder.with_compression(Compression::Gzip);
    }
    builder = match a.client.as_str() {
        "hyper" => builder.with_http_client(HyperClient::new(
            HttpsConnectorBuilder::new().with_tls_config(tls(&a.ca)).https_or_http().enable_all_versions().build(),
            Duration::from_secs(10),
            None,
        )),
        "reqwest" => {
            builder.with_http_client(reqwest::Client::builder().tls_backend_preconfigured(tls(&a.ca)).build().expect("reqwest"))
        }
        _ => builder
            .with_http_client(reqwest::blocking::Client::builder().tls_backend_preconfigured(tls(&a.ca)).build().expect("reqwest")),
    };
    builder.build().expect("an HTTP exporter")
}

/// Exports to both. Clients that need a runtime get one.
struct Tee {
    first: MetricExporter,
    reference: MetricExporter,
    runtime: Option<Arc<Runtime>>,
}

impl PushMetricExporter for Tee {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        let first = match &self.runtime {
            Some(runtime) => runtime.block_on(self.first.export(metrics)),
            None => self.first.export(metrics).await,
        };
        let result = first.and(self.reference.export(metrics).await);
        if let Err(error) = &result {
            eprintln!("{error}");
            FAILED.store(1, Relaxed);
        }
        result
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.first.force_flush().and(self.reference.force_flush())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.first.shutdown_with_timeout(timeout).and(self.reference.shutdown_with_timeout(timeout))
    }

    fn temporality(&self) -> Temporality {
        self.first.temporality()
    }
}

fn array_attributes() -> Vec<KeyValue> {
    vec![
        KeyValue::new("names", Value::Array(Array::String(vec!["a".into(), "b".into()]))),
        KeyValue::new("numbers", Value::Array(Array::I64(vec![1, 2, 3]))),
        KeyValue::new("flags", Value::Array(Array::Bool(vec![true, false]))),
    ]
}

fn observe(two: &Meter) {
    two.i64_observable_gauge("observed")
        .with_callback(|o| {
            o.observe(7, &array_attributes());
            o.observe(9007199254740991, &[KeyValue::new("empty", "")]);
        })
        .build();
    two.u64_observable_counter("ticks").with_callback(|o| o.observe(10 * ROUND.load(Relaxed) as u64, &[])).build();
    two.i64_observable_up_down_counter("depth").with_callback(|o| o.observe(5 - 3 * ROUND.load(Relaxed), &[])).build();
}

fn recorder(one: &Meter, two: &Meter) -> impl Fn(i64) {
    let requests = one.u64_counter("requests").with_unit("1").with_description("requests so far ✓").build();
    let work = one.f64_counter("work").build();
    let balance = one.i64_up_down_counter("balance").build();
    let latency = one.f64_histogram("latency").with_unit("s").with_boundaries(vec![0.0, 1.0, 2.5, 5.0, 10.0]).build();
    let exponential = one.f64_histogram("exponential").build();
    let temperature = two.f64_gauge("temperature").with_unit("Cel").build();
    move |round| {
        for i in 0..20 {
            let attributes = [
                KeyValue::new("index", i),
                KeyValue::new("text", format!("käse ✓ {}", "x".repeat(i as usize))),
                KeyValue::new("even", i % 2 == 0),
                KeyValue::new("part", i as f64 * 0.25 + 0.125),
            ];
            requests.add((i + round) as u64, &attributes);
        }
        for i in 0..5 {
            let index = [KeyValue::new("index", i)];
            work.add(i as f64 * 0.5 + round as f64, &index);
            balance.add(round - i, &index);
            temperature.record(i as f64 * 1.5 - 20.25 + round as f64, &index);
        }
        for i in 0..30 {
            latency.record(i as f64 * 0.75, &[KeyValue::new("kind", format!("k{}", i % 3))]);
            exponential.record((5 + 4 * i) as f64 / 16.0, &[KeyValue::new("kind", format!("k{}", i % 2))]);
        }
    }
}

fn exponential_view(instrument: &Instrument) -> Option<Stream> {
    (instrument.name() == "exponential").then(|| {
        let aggregation = Aggregation::Base2ExponentialHistogram { max_size: 160, max_scale: 20, record_min_max: true };
        Stream::builder().with_aggregation(aggregation).build().expect("a stream")
    })
}

fn main() {
    let a = arguments();
    rustls::crypto::ring::default_provider().install_default().expect("a provider");
    let runtime = Arc::new(Runtime::new().expect("a runtime"));
    let entered = runtime.enter();
    let blocking = a.protocol != "grpc" && a.client == "reqwest-blocking";
    let first = if a.protocol == "grpc" { over_grpc(&a) } else { std::thread::scope(|s| s.spawn(|| over_http(&a)).join().unwrap()) };
    drop(entered);
    let reference = MetricExporter::builder()
        .with_temporality(a.temporality)
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(&a.reference)
        .build()
        .expect("the reference");
    let tee = Tee { first, reference, runtime: (!blocking).then(|| runtime.clone()) };
    let resource = Resource::builder()
        .with_service_name("sdk")
        .with_attributes([
            KeyValue::new("answer", 42),
            KeyValue::new("ratio", 0.5),
            KeyValue::new("flag", true),
            KeyValue::new("names", Value::Array(Array::String(vec!["a".into(), "b".into()]))),
            KeyValue::new("text", "käse ✓ 日本 😀"),
        ])
        .build();
    let provider = SdkMeterProvider::builder()
        .with_resource(resource)
        .with_reader(PeriodicReader::builder(tee).with_interval(Duration::from_secs(3600)).build())
        .with_view(exponential_view)
        .build();
    let scope = InstrumentationScope::builder("told.one").with_version("1.2").with_schema_url("https://example.com/schema");
    let (one, two) = (provider.meter_with_scope(scope.build()), provider.meter("told.two"));
    observe(&two);
    let record = recorder(&one, &two);
    for round in 1..=3 {
        ROUND.store(round, Relaxed);
        record(round);
        provider.force_flush().expect("a flush");
    }
    match provider.shutdown() {
        Ok(()) | Err(OTelSdkError::AlreadyShutdown) => {}
        Err(error) => panic!("{error}"),
    }
    std::process::exit(FAILED.load(Relaxed) as i32);
}
