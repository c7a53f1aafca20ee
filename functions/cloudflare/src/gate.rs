//! At most so many at a time: a request of a Worker has six connections, and one that waits for a seventh waits without an end
//! where the six wait for it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use futures::channel::oneshot;

/// Outgoing requests at a time. The sixth connection is for the bindings: what is streamed may have to be written down meanwhile.
const AT_ONCE: usize = 5;

/// Where whoever wants to begin waits for a turn, first come first served.
#[derive(Clone, Default)]
pub(crate) struct Gate(Arc<Mutex<Queue>>);

#[derive(Default)]
struct Queue {
    inside: usize,
    waiting: VecDeque<oneshot::Sender<Pass>>,
}

/// A turn, until it is dropped.
pub(crate) struct Pass(Gate);

impl Gate {
    /// Waits for a turn.
    pub(crate) async fn enter(&self) -> Pass {
        let waits = {
            let mut queue = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            match queue.inside < AT_ONCE {
                true => {
                    queue.inside += 1;
                    None
                }
                false => {
                    let (sender, receiver) = oneshot::channel();
                    queue.waiting.push_back(sender);
                    Some(receiver)
                }
            }
        };
        match waits {
            None => Pass(self.clone()),
            // The sender is only dropped with the gate, which `self` keeps.
            Some(turn) => turn.await.unwrap_or_else(|_| Pass(self.clone())),
        }
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let next = {
            let mut queue = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
            let next = queue.waiting.pop_front();
            if next.is_none() {
                queue.inside -= 1;
            }
            next
        };
        if let Some(next) = next {
            // Whoever no longer waits drops its pass, which lets in the one behind.
            drop(next.send(Self(self.0.clone())));
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[test]
    fn so_many_are_inside_and_those_who_left_are_passed_over() {
        let gate = Gate::default();
        let mut inside: Vec<Pass> = (0..AT_ONCE)
            .map(|_| gate.enter().now_or_never().unwrap())
            .collect();
        let mut first = Box::pin(gate.enter());
        let mut second = Box::pin(gate.enter());
        assert!(
            first.as_mut().now_or_never().is_none() && second.as_mut().now_or_never().is_none()
        );
        drop(first);
        inside.pop();
        let pass = second.as_mut().now_or_never().expect("a turn came");
        assert!(gate.enter().now_or_never().is_none());
        drop(pass);
        drop(gate.enter().now_or_never().expect("there is room again"));
    }
}
