//! What batching promises: the own rows, their order, errors to whom they are about.

use weekahead_models::onnx::OnnxRuntime;

use super::*;

#[path = "../../tests/support/libonnxruntime.rs"]
mod libonnxruntime;
#[path = "../../tests/support/ridge.rs"]
mod ridge;

const FEATURES: usize = 3;

fn rows(count: usize, seed: usize) -> Array2<f32> {
    Array2::from_shape_fn((count, FEATURES), |(row, column)| {
        0.01 * (1 + (seed + 31 * row + 7 * column * column) % 17) as f32
    })
}

fn batching() -> Arc<Batching> {
    let bytes = ridge::artifact(("view", "1"), &["a", "b", "vol"].map(str::to_owned), 0.1);
    let session =
        OnnxSession::from_bytes(&OnnxRuntime::load(&libonnxruntime::libonnxruntime()).unwrap(), &bytes)
            .unwrap();
    Arc::new(Batching::new(session, Arc::default()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn everybody_gets_the_forecasts_of_the_own_rows_in_their_order() {
    let batching = batching();
    let asked = (0..400).map(|seed| {
        let (batching, rows) = (Arc::clone(&batching), rows([1, 3, 0, 700][seed % 4], seed));
        tokio::spawn(async move { (batching.score(rows.clone()).await.unwrap(), rows) })
    });
    for answer in asked.collect::<Vec<_>>() {
        let (outputs, rows) = answer.await.unwrap();
        assert_eq!(outputs, batching.session().run(rows.view()).unwrap());
    }
    assert!(lock(&batching.waiting).is_empty());
}

#[tokio::test]
async fn what_waits_while_the_model_runs_is_run_together() {
    let batching = batching();
    let busy = batching.running.lock().unwrap();
    let told: Vec<_> = [1, 2, 255].iter().flat_map(|count| batching.enqueue(rows(*count, 0))).collect();
    assert!(!batching.run_next(), "somebody else is at it");
    drop(busy);
    assert!(batching.run_next(), "256 rows are a run: the third request waits for the next one");
    assert_eq!(lock(&batching.waiting).len(), 1);
    assert!(!batching.run_next());
    for (told, count) in told.into_iter().zip([1, 2, 255]) {
        assert_eq!(told.await.unwrap().unwrap().y.len(), count);
    }
}

#[tokio::test]
async fn rows_of_another_shape_are_nobody_elses_error() {
    let batching = batching();
    // Past the check of `score`, as if the model itself failed on them.
    let mut told = batching.enqueue(rows(2, 0));
    told.extend(batching.enqueue(Array2::zeros((1, FEATURES + 1))));
    told.extend(batching.enqueue(rows(1, 4)));
    batching.run_next();
    let answers: Vec<_> =
        futures::future::join_all(told).await.into_iter().map(|told| told.unwrap().is_ok()).collect();
    assert_eq!(answers, [true, false, true]);
    let refused = batching.score(Array2::zeros((1, FEATURES + 1))).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "a row of features has 4 entries where 3 are needed: pass matrices of the same rows and columns"
    );
}
