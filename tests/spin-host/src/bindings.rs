//! The host side of the three Spin interfaces, made from `wit/`.
#![allow(missing_docs, reason = "generated")]

wasmtime::component::bindgen!({
    path: "wit",
    world: "platform",
    imports: { default: async | trappable },
    with: {
        "spin:key-value/key-value.store": crate::key_value::OpenStore,
        "spin:sqlite/sqlite.connection": crate::sqlite::OpenConnection,
    },
    require_store_data_send: true,
});
