//! `spin:variables`: what the manifest gives to the component, and nothing else.

use wasmtime::component::Accessor;

use crate::{
    bindings::spin::variables::variables::{Error, Host, HostWithStore},
    state::{Spin, State},
};

impl Host for &mut State {}

impl<T: Send> HostWithStore<T> for Spin {
    async fn get(
        accessor: &Accessor<T, Self>,
        name: String,
    ) -> wasmtime::Result<Result<String, Error>> {
        let usable = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if name.is_empty() || !name.chars().all(usable) {
            return Ok(Err(Error::InvalidName(name)));
        }
        let value = accessor.with(|mut access| access.get().grants.variables.get(&name).cloned());
        Ok(value.ok_or_else(|| Error::Undefined(format!("no variable for `{name}`"))))
    }
}
