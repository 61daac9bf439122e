//! What a request for inference looks like, for the OpenAPI document; `request` reads it.

use utoipa::ToSchema;

/// A request for inference. What it does not know it leaves alone, as the protocol says.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it is read by hand, straight into one buffer of numbers")]
pub struct InferenceRequest {
    /// The caller's own name for the request, which the answer repeats.
    #[schema(nullable = false, required = false)]
    id: Option<String>,
    /// The tensor `x`, once.
    #[schema(min_items = 1, max_items = 1)]
    inputs: Vec<InferenceInput>,
    /// The outputs that are wanted. Absent: all.
    #[schema(nullable = false, required = false)]
    outputs: Option<Vec<InferenceOutput>>,
}

/// A tensor of rows of features.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it is read by hand, straight into one buffer of numbers")]
pub struct InferenceInput {
    /// Its name in the graph.
    #[schema(example = "x", pattern = "^x$")]
    name: String,
    /// The type of its values.
    #[schema(example = "FP32", pattern = "^(FP32|FP64|U?INT(8|16|32|64))$")]
    datatype: String,
    /// Rows and features.
    #[schema(min_items = 2, max_items = 2)]
    shape: Vec<i64>,
    /// Its values, flat or a list a row. Absent where they follow the JSON as bytes.
    #[schema(nullable = false, required = false)]
    data: Option<Vec<serde_json::Value>>,
}

/// An output that is wanted.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "it is read by hand, straight into one buffer of numbers")]
pub struct InferenceOutput {
    /// Its name in the graph.
    #[schema(example = "y")]
    name: String,
}
