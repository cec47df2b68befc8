// Progress of a fit: what each iteration brings, and the best bound so far.
use elbow::{Error, Model, Options, Watch};

/// Keeps the best bound, and prints every tenth iteration.
#[derive(Default)]
pub struct Progress {
    pub best: Option<f64>,
    pub iterations: usize,
}

impl Watch for Progress {
    fn iterated(&mut self, restart: usize, iteration: usize, elbo: f64) {
        self.iterations += 1;
        self.best = Some(self.best.map_or(elbo, |best| best.max(elbo)));
        if iteration.is_multiple_of(10) {
            println!("start {}, iteration {iteration}: {elbo:.3} nats", restart + 1);
        }
    }
}

pub fn main() -> Result<(), Error> {
    let mut progress = Progress::default();
    let options = Options { restarts: 3, ..Options::default() };
    let posterior = Model::from_file("graphs/hmm_dice.ron")?.fit_watched(&options, &mut progress)?;
    println!("best of {} iterations: {:.3} nats", progress.iterations, posterior.elbo);
    Ok(())
}
