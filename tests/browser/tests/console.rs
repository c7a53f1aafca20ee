//! What people do in the browser.

use std::net::TcpListener;

use e2e::native::Native;

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_a_published_knowledge_assistant() -> anyhow::Result<()> {
    browser::run("smoke.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn chunks_before_and_after_indexing_scores_and_files_that_cannot_be_taken()
-> anyhow::Result<()> {
    browser::run("library.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_what_is_behind_an_answer_prepared_answers_and_the_csv_file() -> anyhow::Result<()>
{
    browser::run("watch.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn language_theme_keys_and_a_key_of_a_provider() -> anyhow::Result<()> {
    browser::run("settings.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_calls_of_an_api_page_run_as_they_are_copied() -> anyhow::Result<()> {
    browser::run("snippets.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn embedding_two_tabs_files_and_roles() -> anyhow::Result<()> {
    browser::run("embed.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn providers_prepared_answers_copies_exports_addresses_and_roles() -> anyhow::Result<()> {
    browser::run("daily.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_models_side_by_side_backup_and_restore() -> anyhow::Result<()> {
    browser::run("workspace.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn visitors_diagrams_hostile_answers_files_speech_and_tables() -> anyhow::Result<()> {
    browser::run("visitors.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_an_assistant_with_an_own_document_and_every_app_file() -> anyhow::Result<()>
{
    browser::run("builder.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn reloads_broken_lines_a_server_that_is_gone_and_ended_sessions() -> anyhow::Result<()> {
    browser::run("trouble.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_preview_over_a_reload_and_an_agent_with_its_steps() -> anyhow::Result<()> {
    browser::run("studio.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_a_workflow_asks_somebody_to_fill_in() -> anyhow::Result<()> {
    browser::run("forms.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn workflows_on_their_page_chatflows_over_a_reload_and_mcp_servers() -> anyhow::Result<()> {
    browser::run("runs.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_and_dialogs_in_light_and_dark_wide_and_on_a_phone() -> anyhow::Result<()> {
    browser::run("looks.mjs").await
}

/// The server has no weights, and looks for them at a hub that the script serves; packages are out of reach.
#[tokio::test(flavor = "multi_thread")]
async fn a_model_that_is_downloaded() -> anyhow::Result<()> {
    let weights = tempfile::tempdir()?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let port = port.to_string();
    let native = Native::start_with(&[
        ("EDGEWISE_MODELS", &weights.path().display().to_string()),
        ("HF_ENDPOINT", &format!("http://127.0.0.1:{port}")),
        ("PIP_NO_INDEX", "1"),
    ])
    .await?;
    browser::run_over(&native.deployment, "downloads.mjs", &[&port]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn dropped_files_versions_what_differs_and_restoring() -> anyhow::Result<()> {
    browser::run("versions.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_over_a_slow_line_and_hostile_documents() -> anyhow::Result<()> {
    browser::run("documents.mjs").await
}
