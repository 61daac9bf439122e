//! The Open Inference Protocol over gRPC: the same numbers, the same refusals.

use axum::http::uri::PathAndQuery;
use axum::http::{Request, Uri};
use hyper::body::Incoming;
use hyper::client::conn::http2;
use hyper_util::rt::{TokioExecutor, TokioIo};
use prost::Message;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tonic::client::{Grpc, GrpcService};
use tonic::{Code, Status, body::Body};
use tonic_prost::ProstCodec;
use weekahead_serving::http::{NewKey, Scope, ServerHandle};

use messages::{
    Answer, Contents, InferAnswer, InferRequest, Model, ModelName, Nothing, Server, Tensor, Wanted,
};

use super::{send, served, served_with};

#[path = "../../../src/http/inference/grpc/messages.rs"]
mod messages;

const ROWS: [f32; 6] = [0.05, 0.1, 0.02, -1.0, 2.5, 0.3];

/// A connection without TLS, with HTTP/2 from its first byte.
async fn connect(
    server: &ServerHandle,
) -> Grpc<impl GrpcService<Body, ResponseBody = Incoming, Error = hyper::Error> + use<>> {
    let stream = TcpStream::connect(server.local_addr()).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let origin: Uri = format!("http://{}", server.local_addr()).parse().unwrap();
    let send = move |request: Request<Body>| {
        let mut sender = sender.clone();
        async move { sender.send_request(request).await }
    };
    Grpc::with_origin(tower::service_fn(send), origin)
}

/// Asks a method, with metadata.
async fn call<Q, A>(
    server: &ServerHandle,
    method: &str,
    asked: Q,
    headers: &[(&'static str, &str)],
) -> Result<A, Status>
where
    Q: Message + Default + 'static,
    A: Message + Default + 'static,
{
    let mut client = connect(server).await;
    let mut request = tonic::Request::new(asked);
    for (name, value) in headers {
        request.metadata_mut().insert(*name, value.parse().unwrap());
    }
    client.ready().await.unwrap();
    let path: PathAndQuery = format!("/inference.GRPCInferenceService/{method}").parse().unwrap();
    client.unary(request, path, ProstCodec::<Q, A>::default()).await.map(tonic::Response::into_inner)
}

fn tensor(datatype: &str, contents: Option<Contents>) -> Tensor {
    Tensor { name: "x".to_owned(), datatype: datatype.to_owned(), shape: vec![2, 3], contents }
}

fn fp32(values: &[f32]) -> Option<Contents> {
    Some(Contents { fp32: values.to_vec(), ..Contents::default() })
}

fn request(input: Tensor, raw: Option<Vec<u8>>) -> InferRequest {
    InferRequest {
        model_name: "weekly".to_owned(),
        id: "7".to_owned(),
        inputs: vec![input],
        raw: raw.into_iter().map(Into::into).collect(),
        ..InferRequest::default()
    }
}

async fn infer(server: &ServerHandle, asked: InferRequest) -> Result<InferAnswer, Status> {
    call(server, "ModelInfer", asked, &[]).await
}

/// The outputs by name, out of bytes or lists.
fn outputs(answer: &InferAnswer) -> Vec<(String, Vec<f32>)> {
    let values = |(place, output): (usize, &Tensor)| {
        let values = match answer.raw.get(place) {
            Some(raw) => raw.as_chunks::<4>().0.iter().map(|raw| f32::from_le_bytes(*raw)).collect(),
            None => output.contents.clone().unwrap().fp32,
        };
        assert_eq!(values.len() as i64, output.shape.iter().product::<i64>());
        (output.name.clone(), values)
    };
    answer.outputs.iter().enumerate().map(values).collect()
}

/// The outputs as they are over HTTP.
async fn over_http(server: &ServerHandle) -> Vec<(String, Vec<f32>)> {
    let x = json!({"name": "x", "datatype": "FP32", "shape": [2, 3], "data": ROWS});
    let (status, answer) =
        send(server, "/v2/models/weekly/infer", None, json!({"inputs": [x]}).to_string().into()).await;
    assert_eq!(status, 200, "{answer}");
    let number = |value: &Value| value.as_f64().unwrap() as f32;
    let output = |output: &Value| {
        let values = output["data"].as_array().unwrap().iter().map(number).collect();
        (output["name"].as_str().unwrap().to_owned(), values)
    };
    answer["outputs"].as_array().unwrap().iter().map(output).collect()
}

#[tokio::test]
async fn outputs_are_those_over_http_in_the_form_of_the_inputs() {
    let server = served(true).await;
    let expected = over_http(&server).await;
    let fp64 = Contents { fp64: ROWS.map(f64::from).to_vec(), ..Contents::default() };
    let bytes = ROWS.iter().flat_map(|value| value.to_le_bytes()).collect();
    for (asked, is_raw) in [
        (request(tensor("FP32", fp32(&ROWS)), None), false),
        (request(tensor("FP64", Some(fp64)), None), false),
        (request(tensor("FP32", None), Some(bytes)), true),
    ] {
        let answer = infer(&server, asked.clone()).await.unwrap();
        assert_eq!((outputs(&answer), answer.raw.is_empty()), (expected.clone(), !is_raw));
        let told = (answer.model_name.as_str(), answer.model_version.as_str(), answer.id.as_str());
        assert_eq!(told, ("weekly", "3", "7"));
        let wanted = Wanted { name: "quantiles".to_owned(), ..Wanted::default() };
        let some = InferRequest { outputs: vec![wanted], model_version: "3".to_owned(), ..asked };
        assert_eq!(outputs(&infer(&server, some).await.unwrap()), expected[1..2]);
    }
    server.shutdown().await;
}

#[tokio::test]
async fn the_server_and_its_model_are_told() {
    let (server, waiting) = (served(true).await, served(false).await);
    let named = |name: &str| ModelName { name: name.to_owned(), ..ModelName::default() };
    for (method, yes) in [("ServerLive", [true, true]), ("ServerReady", [true, false])] {
        let answers =
            [call(&server, method, Nothing {}, &[]).await, call(&waiting, method, Nothing {}, &[]).await];
        assert_eq!(answers.map(|answer| answer.map(|Answer { yes }| yes).unwrap()), yes, "{method}");
    }
    for (name, version, yes) in
        [("weekly", "", true), ("weekly", "3", true), ("weekly", "9", false), ("other", "", false)]
    {
        let asked = ModelName { version: version.to_owned(), ..named(name) };
        let answer: Answer = call(&server, "ModelReady", asked, &[]).await.unwrap();
        assert_eq!(answer.yes, yes, "{name} {version}");
    }
    let told: Server = call(&server, "ServerMetadata", Nothing {}, &[]).await.unwrap();
    assert_eq!((told.name.as_str(), told.version.as_str()), ("weekahead", env!("CARGO_PKG_VERSION")));
    let model: Model = call(&server, "ModelMetadata", named("weekly"), &[]).await.unwrap();
    assert_eq!((model.versions, model.inputs[0].shape.clone()), (vec!["3".to_owned()], vec![-1, 3]));
    let names: Vec<_> = model.outputs.iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["y", "quantiles", "offsets", "scale"]);
    let unknown = call::<_, Model>(&server, "ModelMetadata", named("other"), &[]).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    tokio::join!(server.shutdown(), waiting.shutdown());
}

#[tokio::test]
async fn refusals_have_the_codes_of_grpc() {
    let (server, waiting) = (served(true).await, served(false).await);
    let sound = || request(tensor("FP32", fp32(&ROWS)), None);
    let classes = Wanted {
        name: "y".to_owned(),
        parameters: [("classification".to_owned(), messages::Parameter {})].into(),
    };
    for (asked, code, why) in [
        (InferRequest { model_name: "other".to_owned(), ..sound() }, Code::NotFound, "no model `other`"),
        (InferRequest { model_version: "9".to_owned(), ..sound() }, Code::NotFound, "version `9`"),
        (InferRequest { inputs: vec![], ..sound() }, Code::InvalidArgument, "`x` once"),
        (request(tensor("FP32", fp32(&ROWS[1..])), None), Code::InvalidArgument, "has 5 values"),
        (request(tensor("FP64", fp32(&ROWS)), None), Code::InvalidArgument, "has 0 values"),
        (request(tensor("BYTES", fp32(&ROWS)), None), Code::InvalidArgument, "datatype `BYTES`"),
        (request(tensor("FP32", fp32(&ROWS)), Some(vec![0; 24])), Code::InvalidArgument, "either `contents`"),
        (request(tensor("FP32", None), Some(vec![0; 23])), Code::InvalidArgument, "no whole number"),
        (InferRequest { outputs: vec![classes], ..sound() }, Code::InvalidArgument, "classes"),
        (
            request(Tensor { shape: vec![100_001, 3], ..tensor("FP32", None) }, None),
            Code::ResourceExhausted,
            "100000 rows",
        ),
        (request(tensor("FP32", None), Some(vec![0; 17 << 20])), Code::ResourceExhausted, "larger than"),
    ] {
        let refused = infer(&server, asked).await.unwrap_err();
        assert_eq!(refused.code(), code, "{refused}");
        assert!(refused.message().contains(why), "{why}: {refused}");
    }
    assert_eq!(infer(&waiting, sound()).await.unwrap_err().code(), Code::Unavailable);
    let unknown = call::<_, Answer>(&server, "ModelStreamInfer", sound(), &[]).await.unwrap_err();
    assert_eq!(unknown.code(), Code::Unimplemented);
    // Over HTTP there is nothing to be had here.
    let path = "/inference.GRPCInferenceService/ServerLive";
    assert_eq!(send(&server, path, Some("application/json"), b"{}".to_vec()).await.0, 415);
    let metrics =
        reqwest::get(format!("http://{}/metrics", server.local_addr())).await.unwrap().text().await.unwrap();
    let counted = "route=\"/inference.GRPCInferenceService/ModelInfer\",status=\"404\"} 2\n";
    assert!(metrics.contains(counted), "{metrics}");
    tokio::join!(server.shutdown(), waiting.shutdown());
}

#[tokio::test]
async fn keys_and_limits_are_those_of_everything_else() {
    let reader = NewKey::random("reader", vec![Scope::Read], None);
    let desk = NewKey::random("desk", vec![Scope::Read, Scope::Predict], std::num::NonZeroU32::new(1));
    let keys = vec![reader.key.clone(), desk.key.clone()];
    let server = served_with(true, |settings| settings.keys = keys).await;
    let sound = || request(tensor("FP32", fp32(&ROWS)), None);
    let with = async |secret: Option<&str>| {
        let bearer = secret.map(|secret| format!("Bearer {secret}"));
        let headers: Vec<_> = bearer.iter().map(|bearer| ("authorization", bearer.as_str())).collect();
        call::<_, InferAnswer>(&server, "ModelInfer", sound(), &headers).await.map_err(|status| status.code())
    };
    assert_eq!(with(None).await.unwrap_err(), Code::Unauthenticated);
    assert_eq!(with(Some(&reader.secret)).await.unwrap_err(), Code::PermissionDenied);
    assert!(with(Some(&desk.secret)).await.is_ok());
    assert_eq!(with(Some(&desk.secret)).await.unwrap_err(), Code::ResourceExhausted, "one a second");
    assert!(
        call::<_, Answer>(&server, "ServerLive", Nothing {}, &[]).await.unwrap().yes,
        "probes need no key"
    );
    server.shutdown().await;

    let full = served_with(true, |settings| settings.limits.concurrent_requests = 0).await;
    let refused = infer(&full, sound()).await.unwrap_err();
    assert_eq!((refused.code(), refused.message().contains("under way")), (Code::Unavailable, true));
    assert!(call::<_, Answer>(&full, "ServerLive", Nothing {}, &[]).await.unwrap().yes);
    full.shutdown().await;
}
