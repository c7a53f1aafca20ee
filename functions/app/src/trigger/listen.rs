//! Trying a webhook of the draft: an editor listens at an address of its own, one call comes, and the node is tried with
//! what that brought.
//!
//! Who listens asks again and again; each time keeps the address for another minute. The place is the record
//! `listen/{node}` in the partition `drafts/{app}`.

use std::time::Duration;

use ports::{Commit, ErrorKind, Scope};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{
    Address, Sort, TOKEN, nodes,
    webhook::{Incoming, Node, Outcome, bad},
};
use crate::{
    Context, Error, Result,
    apps::App,
    keys,
    store::{self, Stored},
    workflow,
};

/// How long somebody listens who does not ask again.
const LISTENS: Duration = Duration::from_secs(60);

/// Largest call, as JSON: it waits in a record.
const MOST: usize = 256 << 10;

const DEBUG: &str = "debug";

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Place {
    token: String,
    /// What came.
    inputs: Option<Map<String, Value>>,
}

/// What who listens hears.
#[derive(Debug)]
pub enum Heard {
    /// Nothing yet: the last part of the address that calls go to.
    Waiting(String),
    /// The inputs that a call brought.
    Call(Map<String, Value>),
}

/// Listens for a call of a webhook node of the draft, or takes the one that came.
pub async fn listen(ctx: &Context, app: &App, node_id: &str) -> Result<Heard> {
    let workflow = workflow::of(app)?;
    node(workflow, node_id)?.ok_or_else(|| {
        let message = format!("node_id: the draft has no webhook node `{node_id}`");
        Error::invalid("node_id", message)
    })?;
    let scope = ctx.tenant(&app.tenant_id);
    let (partition, key) = (keys::drafts(&app.id), key(node_id));
    loop {
        let found = place(&scope, &app.id, node_id).await?;
        let commit = match &found {
            Some(found) => Commit::new().if_version(key.clone(), found.version),
            None => Commit::new().if_absent(key.clone()),
        };
        let until = ctx.now() + LISTENS;
        let (commit, heard) = match found.map(|found| found.value) {
            Some(Place {
                inputs: Some(inputs),
                ..
            }) => (commit.delete(key.clone()), Heard::Call(inputs)),
            waiting => {
                let token = match waiting {
                    Some(place) => place.token,
                    None => ctx.token(TOKEN),
                };
                let address = Address {
                    tenant_id: app.tenant_id.clone(),
                    app_id: app.id.clone(),
                    node_id: node_id.to_owned(),
                };
                let leads = Commit::new().put_until(DEBUG, store::encode(&address)?, until);
                ctx.system().commit(&keys::webhook(&token), leads).await?;
                let place = Place {
                    token: token.clone(),
                    inputs: None,
                };
                let commit = commit.put_until(key.clone(), store::encode(&place)?, until);
                (commit, Heard::Waiting(token))
            }
        };
        match scope.commit(&partition, commit).await {
            Ok(_) => return Ok(heard),
            // A call came meanwhile, or another window listens too.
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Takes a request to a listener's address in, and says what the node says. 409 where nobody listens.
pub async fn receive(ctx: &Context, token: &str, request: Incoming) -> Result<Outcome> {
    let nobody = || {
        let message = "Nobody listens: start listening in the editor, then call again.";
        Ok(bad(409, "Conflict", message))
    };
    let system = ctx.system();
    let address = store::load::<Address>(&system, &keys::webhook(token), DEBUG).await?;
    let Some(Stored { value: address, .. }) = address else {
        return nobody();
    };
    let scope = ctx.tenant(&address.tenant_id);
    let found = place(&scope, &address.app_id, &address.node_id).await?;
    let waits = |found: &Stored<Place>| found.value.token == token && found.value.inputs.is_none();
    let Some(found) = found.filter(waits) else {
        return nobody();
    };
    let app = super::app(&scope, &address.app_id).await?;
    let workflow = workflow::of(&app)?;
    let Some(node) = node(workflow, &address.node_id)? else {
        return nobody();
    };
    let inputs = match node.take(&request, workflow, ctx.now().as_secs()) {
        Ok(inputs) => inputs,
        Err(refused) => return Ok(refused),
    };
    let place = Place {
        inputs: Some(inputs),
        ..found.value
    };
    let body = store::encode(&place)?;
    if body.len() > MOST {
        let message = format!("A call that is tried has at most {} KB.", MOST >> 10);
        return Ok(bad(413, "Payload Too Large", message));
    }
    let key = key(&address.node_id);
    let commit = Commit::new()
        .put_until(key.clone(), body, ctx.now() + LISTENS)
        .if_version(key, found.version);
    match scope.commit(&keys::drafts(&app.id), commit).await {
        Ok(_) => Ok(node.answer()),
        // Another call was faster.
        Err(error) if error.kind() == ErrorKind::Conflict => nobody(),
        Err(error) => Err(error.into()),
    }
}

fn key(node_id: &str) -> String {
    format!("listen/{node_id}")
}

async fn place(scope: &Scope, app_id: &str, node_id: &str) -> Result<Option<Stored<Place>>> {
    store::load(scope, &keys::drafts(app_id), &key(node_id)).await
}

fn node<'w>(workflow: &'w Value, id: &str) -> Result<Option<Node<'w>>> {
    let mut webhooks = nodes(workflow).filter(|node| node.sort == Sort::Webhook);
    let found = webhooks.find(|node| node.id == id);
    found
        .map(|found| Node::parse(found.id, found.data))
        .transpose()
}
