//! How a run ends.

use std::sync::Arc;

use super::{Outcome, Run};
use crate::{Failure, Map, Status};

impl Run {
    pub(super) fn succeed(&mut self) {
        let status = if self.exceptions > 0 {
            Status::PartialSucceeded
        } else {
            Status::Succeeded
        };
        self.end(status, None);
    }

    pub(super) fn fail_run(&mut self, failure: Failure) {
        self.end(Status::Failed, Some(failure.message));
    }

    pub(super) fn stop(&mut self, reason: Arc<str>) {
        self.end(Status::Stopped, Some(reason));
    }

    fn end(&mut self, status: Status, error: Option<Arc<str>>) {
        if self.done.is_some() {
            return;
        }
        self.ready.clear();
        self.timers.clear();
        let open: Vec<_> = self.tasks.keys().copied().collect();
        for task in open {
            self.cancel(task);
        }
        let outputs: Arc<Map> = Arc::new(std::mem::take(&mut self.outputs));
        let outcome = Outcome {
            status,
            outputs: outputs.clone(),
            error: error.clone(),
            conversation: Arc::new(self.conversation()),
            total_tokens: self.tokens,
            total_steps: self.steps,
            exceptions: self.exceptions,
            elapsed: self.active,
        };
        self.emit_workflow_finished(&outcome);
        self.done = Some(Arc::new(outcome));
    }
}
