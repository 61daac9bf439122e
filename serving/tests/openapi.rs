//! The API's contract, held still: a change of it shows up in review.

#[test]
fn the_openapi_document_is_as_agreed() {
    insta::assert_json_snapshot!(weekahead_serving::http::openapi());
}
