//! What people do in the browser.

#[tokio::test(flavor = "multi_thread")]
async fn from_sign_up_to_a_published_knowledge_assistant() -> anyhow::Result<()> {
    browser::run("smoke.mjs").await
}

#[tokio::test(flavor = "multi_thread")]
async fn embedding_two_tabs_files_and_roles() -> anyhow::Result<()> {
    browser::run("embed.mjs").await
}
