//! What writing memory costs on this machine: the floor of everything that yields columns.

use std::hint::black_box;
use std::time::Instant;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Seconds to write so many bytes, all cores at once, with nothing computed.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct WriteCost {
    /// Into memory that the system hands out for it, as a process that has just begun must.
    pub fresh_seconds: f64,
    /// Into memory that the process has written before.
    pub touched_seconds: f64,
}

/// Measures it, with ordinary stores of 32-bit floats.
pub fn write_cost(bytes: u64) -> WriteCost {
    const PASSES: usize = 5;
    let threads = rayon::current_num_threads();
    let floats = bytes as usize / size_of::<f32>() / threads;
    let started = Instant::now();
    let mut blocks: Vec<Vec<f32>> = (0..threads).into_par_iter().map(|_| vec![1.5; floats]).collect();
    black_box(&mut blocks);
    let fresh_seconds = started.elapsed().as_secs_f64();
    let pass = |pass: usize| {
        let started = Instant::now();
        blocks.par_iter_mut().for_each(|block| black_box(block).fill(pass as f32));
        started.elapsed().as_secs_f64()
    };
    let touched_seconds = (0..PASSES).map(pass).fold(f64::INFINITY, f64::min);
    WriteCost { fresh_seconds, touched_seconds }
}
