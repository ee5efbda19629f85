//! The way to a function or a state machine: a batch is one array, and the answer speaks for all of
//! it.

use std::sync::Arc;

use bytes::Bytes;

use super::aws::Caller;
use super::request::exchange;
use crate::execution_log::{Journal, Stage};
use crate::targets::{Program, Refusal};

/// Runs a program.
#[derive(Debug)]
pub struct Runner {
    /// The way there.
    pub caller: Caller,
    /// What is run.
    pub program: Arc<Program>,
}

impl Runner {
    /// What became of each of the messages with these ids, whose bodies these are.
    pub async fn run(
        &self,
        bodies: &[String],
        ids: &[&str],
        journal: &Journal<'_>,
    ) -> Vec<Result<(), Refusal>> {
        let mut results = Vec::with_capacity(ids.len());
        for range in self.program.parts(bodies) {
            results.extend(
                self.run_part(&bodies[range.clone()], &ids[range], journal)
                    .await,
            );
        }
        results
    }

    async fn run_part(
        &self,
        bodies: &[String],
        ids: &[&str],
        journal: &Journal<'_>,
    ) -> Vec<Result<(), Refusal>> {
        let results = self.run_once(bodies, ids, journal).await;
        let is_refused = |result: &Result<(), Refusal>| matches!(result, Err(refusal) if refusal.may_be_one_entry());
        if ids.len() == 1 || !results.iter().all(is_refused) {
            return results;
        }
        let mut alone = Vec::with_capacity(ids.len());
        for (body, id) in bodies.iter().zip(ids) {
            alone.extend(
                self.run_once(std::slice::from_ref(body), &[id], journal)
                    .await,
            );
        }
        alone
    }

    async fn run_once(
        &self,
        bodies: &[String],
        ids: &[&str],
        journal: &Journal<'_>,
    ) -> Vec<Result<(), Refusal>> {
        let exchanged = exchange(
            &self.caller,
            self.program.request(bodies),
            Stage::Target,
            journal,
        )
        .await;
        let who = Stage::Target.who();
        let answer = exchanged
            .answer
            .as_ref()
            .map_err(|none| none.refusal.clone());
        let results = match answer.and_then(|reply| self.program.read(reply, who)) {
            Ok(answer) => self.program.judge(&answer, ids, who),
            Err(refusal) => vec![Err(refusal); ids.len()],
        };
        exchanged.tell(Stage::Target, &results, journal);
        results
    }

    /// What the program, as an enrichment, answers to a batch.
    pub async fn ask(&self, bodies: &[String], journal: &Journal<'_>) -> Result<Bytes, Refusal> {
        let exchanged = exchange(
            &self.caller,
            self.program.request(bodies),
            Stage::Enrichment,
            journal,
        )
        .await;
        let answer = exchanged
            .answer
            .as_ref()
            .map_err(|none| none.refusal.clone());
        let result = [answer.and_then(|reply| self.program.read(reply, Stage::Enrichment.who()))];
        exchanged.tell(Stage::Enrichment, &result, journal);
        let [result] = result;
        result
    }
}
