//! The Open Inference Protocol: the same numbers as the scoring protocol's, in JSON and in bytes.

use serde_json::{Value, json};

use super::{ServerHandle, get, send, served};

const INFER: &str = "/v2/models/weekly/infer";
const ROWS: [[f32; 3]; 2] = [[0.05, 0.1, 0.02], [-1.0, 2.5, 0.3]];

async fn infer(server: &ServerHandle, body: &Value) -> (u16, Value) {
    send(server, INFER, None, body.to_string().into_bytes()).await
}

/// A request with raw bytes; the answer's JSON and the bytes after it.
async fn infer_raw(server: &ServerHandle, json: &Value, raw: &[u8]) -> (u16, Value, Vec<u8>) {
    let json = json.to_string();
    let body = [json.as_bytes(), raw].concat();
    let request = reqwest::Client::new().post(format!("http://{}{INFER}", server.local_addr())).body(body);
    let answer = request.header("Inference-Header-Content-Length", json.len()).send().await.unwrap();
    let status = answer.status().as_u16();
    let told = answer.headers().get("Inference-Header-Content-Length").cloned();
    let bytes = answer.bytes().await.unwrap();
    let length = told.map_or(bytes.len(), |told| told.to_str().unwrap().parse().unwrap());
    (status, serde_json::from_slice(&bytes[..length]).unwrap(), bytes[length..].to_vec())
}

/// The outputs as the scoring protocol has them, as float32.
async fn scored(server: &ServerHandle, output: &str) -> Vec<f32> {
    let body = json!({"inputs": ROWS}).to_string().into_bytes();
    let (_, answer) = send(server, "/invocations", Some("application/json"), body).await;
    let rows = answer["predictions"][output].as_array().unwrap().iter();
    rows.flat_map(|row| row.as_array().unwrap()).map(|value| value.as_f64().unwrap() as f32).collect()
}

fn floats(values: &Value) -> Vec<f32> {
    values.as_array().unwrap().iter().map(|value| value.as_f64().unwrap() as f32).collect()
}

#[tokio::test]
async fn outputs_are_those_of_the_scoring_protocol() {
    let server = served(true).await;
    let flat: Vec<f32> = ROWS.concat();
    for data in [json!(flat), json!(ROWS)] {
        for datatype in ["FP32", "FP64"] {
            let x = json!({"name": "x", "datatype": datatype, "shape": [2, 3], "data": data});
            let (status, answer) = infer(&server, &json!({"id": "a \"1\"", "inputs": [x]})).await;
            assert_eq!((status, &answer["id"]), (200, &json!("a \"1\"")), "{answer}");
            assert_eq!((&answer["model_name"], &answer["model_version"]), (&json!("weekly"), &json!("3")));
            let outputs = answer["outputs"].as_array().unwrap();
            let names: Vec<_> = outputs.iter().map(|output| output["name"].as_str().unwrap()).collect();
            assert_eq!(names, ["y", "quantiles", "offsets", "scale"]);
            for output in outputs {
                let name = output["name"].as_str().unwrap();
                assert_eq!(floats(&output["data"]), scored(&server, name).await, "{name}");
                let columns = if matches!(name, "y" | "scale") { 1 } else { 7 };
                assert_eq!((&output["shape"], &output["datatype"]), (&json!([2, columns]), &json!("FP32")));
            }
        }
    }
    server.shutdown().await;
}

#[tokio::test]
async fn tensors_may_be_bytes_both_ways() {
    let server = served(true).await;
    let raw: Vec<u8> = ROWS.concat().iter().flat_map(|value| value.to_le_bytes()).collect();
    let x = |size: usize| json!({"name": "x", "datatype": "FP32", "shape": [2, 3], "parameters": {"binary_data_size": size}});
    let request = json!({
        "inputs": [x(24)],
        "outputs": [
            {"name": "scale", "parameters": {"binary_data": true}},
            {"name": "y"},
            {"name": "quantiles", "parameters": {"binary_data": true}}
        ]
    });
    let (status, json, bytes) = infer_raw(&server, &request, &raw).await;
    assert_eq!(status, 200, "{json}");
    let outputs = &json["outputs"];
    assert_eq!(outputs[0]["parameters"]["binary_data_size"], json!(8), "{json}");
    assert_eq!(floats(&outputs[1]["data"]), scored(&server, "y").await);
    let values: Vec<f32> = bytes.as_chunks().0.iter().map(|raw| f32::from_le_bytes(*raw)).collect();
    assert_eq!(values, [scored(&server, "scale").await, scored(&server, "quantiles").await].concat());

    let all = json!({"inputs": [x(24)], "parameters": {"binary_data_output": true}});
    let (status, json, bytes) = infer_raw(&server, &all, &raw).await;
    assert_eq!((status, bytes.len()), (200, 4 * 2 * (1 + 7 + 7 + 1)), "{json}");
    for (size, raw) in [(24, &raw[..20]), (20, &raw[..20]), (23, &raw[..23])] {
        let (status, json, _) = infer_raw(&server, &json!({"inputs": [x(size)]}), raw).await;
        assert_eq!(status, 400, "{json}");
    }
    server.shutdown().await;
}

#[tokio::test]
async fn what_is_there_and_what_is_not_is_told() {
    let server = served(true).await;
    let mut answers = Vec::new();
    for path in [
        "/v2",
        "/v2/models/weekly",
        "/v2/models/weekly/versions/3",
        "/v2/models/weekly/versions/4",
        "/v2/models/other",
        "/v2/models/weekly/ready",
        "/v2/models/weekly/versions/3/ready",
        "/v2/models/weekly/versions/2/ready",
    ] {
        answers.push(get(&server, path).await);
    }
    let x =
        |shape: &[i64], data: Value| json!({"name": "x", "datatype": "FP32", "shape": shape, "data": data});
    let bodies = [
        json!([]),
        json!({}),
        json!({"inputs": []}),
        json!({"inputs": [x(&[1, 3], json!([1, 2, 3])), x(&[1, 3], json!([1, 2, 3]))]}),
        json!({"inputs": [{"name": "z", "datatype": "FP32", "shape": [1, 3], "data": [1, 2, 3]}]}),
        json!({"inputs": [{"name": "x", "datatype": "BYTES", "shape": [1, 3], "data": ["1", "2", "3"]}]}),
        json!({"inputs": [{"name": "x", "datatype": "FP32", "shape": [1, 3]}]}),
        json!({"inputs": [x(&[3], json!([1, 2, 3]))]}),
        json!({"inputs": [x(&[1, 2], json!([1, 2]))]}),
        json!({"inputs": [x(&[2, 3], json!([1, 2, 3]))]}),
        json!({"inputs": [x(&[0, 3], json!([]))]}),
        json!({"inputs": [x(&[-1, 3], json!([1, 2, 3]))]}),
        json!({"inputs": [x(&[200_000, 3], json!([1, 2, 3]))]}),
        json!({"inputs": [x(&[1, 3], json!(["a", 2, 3]))]}),
        json!({"inputs": [x(&[1, 3], json!([1, 2, 3]))], "outputs": [{"name": "z"}]}),
        json!({"inputs": [x(&[1, 3], json!([1, 2, 3]))], "outputs": [{"name": "y", "parameters": {"classification": 1}}]}),
        json!({"inputs": [x(&[1, 3], json!([1, 2, 3]))], "parameters": {"binary_data_output": 1}}),
        json!({"id": 7, "inputs": [x(&[1, 3], json!([1, 2, 3]))]}),
    ];
    for body in bodies {
        let (status, answer) = infer(&server, &body).await;
        answers.push(json!({"request": body, "status": status, "answer": answer}));
    }
    let body = json!({"inputs": [x(&[1, 3], json!([1, 2, 3]))]}).to_string().into_bytes();
    for path in ["/v2/models/weekly/versions/9/infer", "/v2/models/other/infer"] {
        let (status, answer) = send(&server, path, None, body.clone()).await;
        answers.push(json!({"request": path, "status": status, "answer": answer}));
    }
    assert_eq!(send(&server, "/v2/models/weekly/versions/3/infer", None, body).await.0, 200);
    insta::assert_json_snapshot!(answers);
    server.shutdown().await;
}
