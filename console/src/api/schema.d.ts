// Made by `cargo xtask types` from the OpenAPI document; edit functions/api/src/openapi instead.
export type paths = Record<string, never>;
export type webhooks = Record<string, never>;
export interface components {
    schemas: {
        /** @description A document that is on its way. */
        Accepted: {
            document: components["schemas"]["Document"];
            batch: string;
        };
        /** @description Who may look. */
        AccessMode: {
            /** @enum {string} */
            accessMode: "public";
        };
        /** @description An account. */
        Account: {
            /** Format: uuid */
            id: string;
            name: string;
            avatar: null;
            avatar_url: null;
            email: string;
            is_password_set: boolean;
            interface_language: string;
            interface_theme: string;
            timezone: string;
            /** @description Seconds since 1970 */
            last_login_at: number | null;
            last_login_ip: null;
            /** @description Seconds since 1970 */
            created_at: number | null;
            /** @enum {string} */
            role: "owner" | "admin" | "editor" | "normal";
        };
        /** @description A member to be. */
        Activate: {
            workspace_id: string;
            email: string;
            token: string;
            name: string;
            /** @description At least eight characters, with a letter and a digit. */
            password: string;
            interface_language?: string | null;
            timezone?: string | null;
        };
        /**
         * @description A step of an agent begins (`start`), or is over: then it comes again with the same `id`. A round has no parent; its
         *     thought and its calls have the round.
         */
        AgentLog: {
            /** Format: uuid */
            node_execution_id: string;
            /** Format: uuid */
            id: string;
            label: string;
            /** Format: uuid */
            parent_id: string | null;
            error: string | null;
            /** @enum {string} */
            status: "start" | "success" | "error";
            data: Record<string, unknown>;
            metadata: Record<string, unknown>;
            node_id: string;
        };
        /** @description What every event says. */
        AgentLogEvent: {
            /** @enum {string} */
            event: "agent_log";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["AgentLog"];
        };
        /** @description More of an agent's answer. */
        AgentMessageEvent: {
            /** @enum {string} */
            event: "agent_message";
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            conversation_id: string;
            task_id: string;
            /** Format: uuid */
            id: string;
            /** @description What comes next. */
            answer: string;
        };
        /** @description What an agent thought and did. */
        AgentThought: {
            id: string;
            chain_id: string | null;
            /** Format: uuid */
            message_id: string;
            /** Format: uint32 */
            position: number;
            thought: string;
            tool: string;
            tool_labels: Record<string, unknown>;
            tool_input: string;
            observation: string;
            files: string[];
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description What an agent thinks and does: sent when a thought begins, and again with the same `id` when its tool has answered. */
        AgentThoughtEvent: {
            /** @enum {string} */
            event: "agent_thought";
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            conversation_id: string;
            task_id: string;
            id: string;
            /**
             * Format: uint32
             * @description From 1.
             */
            position: number;
            thought: string;
            observation: string;
            /** @description Names, joined by `;`. */
            tool: string;
            tool_labels: Record<string, unknown>;
            /** @description JSON as a text. */
            tool_input: string;
            message_files: string[];
        };
        /** @description A prepared answer. */
        Annotation: {
            /** Format: uuid */
            id: string;
            question: string;
            answer: string;
            /**
             * Format: uint64
             * @description How often it answered.
             */
            hit_count: number;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description Who wrote a prepared answer. */
        AnnotationAccount: {
            id: string | null;
            name: string | null;
        };
        /** @description A time when a prepared answer answered. */
        AnnotationHit: {
            id: string;
            source: string;
            /** Format: double */
            score: number;
            question: string;
            match: string;
            response: string;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description A page of a list. */
        AnnotationHitPage: {
            data: components["schemas"]["AnnotationHit"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description An import that has begun. */
        AnnotationImport: {
            /** Format: uuid */
            job_id: string;
            /** @enum {string} */
            job_status: "waiting" | "processing" | "completed" | "error";
            /** Format: uint64 */
            record_count: number;
        };
        /** @description A page of a list. */
        AnnotationPage: {
            data: components["schemas"]["Annotation"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description A prepared answer and who wrote it. */
        AnnotationReply: {
            /** Format: uuid */
            id: string;
            account: components["schemas"]["AnnotationAccount"];
        };
        /** @description Prepared answers. */
        Annotations: {
            data: components["schemas"]["Annotation"][];
        };
        /** @description A file of a question. */
        AnswerFile: {
            id: string;
            /** @enum {string} */
            type: "image" | "document" | "audio" | "video" | "custom";
            /** @enum {string} */
            transfer_method: "remote_url" | "local_file";
            url: string | null;
            upload_file_id: string | null;
            filename: string;
            mime_type: string;
            /**
             * Format: uint64
             * @description Bytes; 0 for remote files, which nobody fetched.
             */
            size: number;
        };
        /** @description What an answer rests on, and what it cost. */
        AnswerMetadata: {
            /** @description The prepared answer that it is, if the model was not asked. */
            annotation_reply: components["schemas"]["AnnotationReply"] | null;
            retriever_resources: components["schemas"]["Resource"][];
            usage: components["schemas"]["Usage"];
        };
        /** @description Where the Service API is. */
        ApiBase: {
            api_base_url: string;
        };
        /** @description How requests say who sends them. */
        ApiCredentials: {
            auth_type?: string | null;
            api_key_header?: string | null;
            api_key_value?: string | null;
            api_key_header_prefix?: string | null;
            api_key_query_param?: string | null;
        };
        /** @description An API with its document. */
        ApiDetail: {
            /** Format: uuid */
            id: string;
            provider: string;
            /** @enum {string} */
            schema_type: "openapi";
            schema: string;
            icon: unknown;
            credentials: components["schemas"]["ShownCredentials"];
            privacy_policy: string;
            custom_disclaimer: string;
            labels: string[];
            tools: components["schemas"]["ToolItem"][];
        };
        /** @description An OpenAPI document as text. */
        ApiDocument: {
            schema: string;
        };
        /** @description An API as it is entered. */
        ApiEntry: {
            /** @description Of a change: its name before. */
            original_provider?: string | null;
            provider: string;
            schema: string;
            schema_type?: string | null;
            credentials?: components["schemas"]["ApiCredentials"] | null;
            icon?: Record<string, unknown> | null;
            privacy_policy?: string | null;
            custom_disclaimer?: string | null;
            labels?: string[] | null;
        };
        /** @description Which API. */
        ApiName: {
            provider: string;
        };
        /** @description What it offers. */
        ApiOffers: {
            /** @enum {string} */
            schema_type: "openapi";
            parameters_schema: components["schemas"]["ToolItem"][];
        };
        /** @description What came of it. */
        ApiOutcome: {
            result: string;
        } | {
            error: string;
        };
        /** @description An API in a list. */
        ApiRow: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            type: "api";
            icon: unknown;
            labels: string[];
            tools: components["schemas"]["ToolItem"][];
        };
        /** @description An operation to be tried. */
        ApiTrial: {
            tool_name: string;
            provider_name?: string | null;
            schema: string;
            schema_type?: string | null;
            credentials?: components["schemas"]["ApiCredentials"] | null;
            parameters?: Record<string, unknown> | null;
        };
        /** @description An app. */
        App: {
            /** Format: uuid */
            id: string;
            name: string;
            description: string;
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow";
            icon_type: string | null;
            icon: string | null;
            icon_background: string | null;
            icon_url: null;
            use_icon_as_answer_icon: boolean;
            enable_site: boolean;
            enable_api: boolean;
            /**
             * Format: uint32
             * @description Answers at the same time; 0: any number.
             */
            max_active_requests: number;
            /** @description What the app does; null for workflows. */
            model_config: Record<string, unknown> | null;
            site: components["schemas"]["AppSite"];
            api_base_url: string;
            author_name: string | null;
            created_by: string | null;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
            deleted_tools: unknown[];
            tags: components["schemas"]["Tag"][];
        };
        /** @description What an app shall be like. */
        AppChange: {
            name: string;
            description?: string | null;
            icon_type?: string | null;
            icon?: string | null;
            icon_background?: string | null;
            use_icon_as_answer_icon?: boolean | null;
            max_active_requests?: number | null;
        };
        /** @description How the copy differs. */
        AppCopy: {
            name?: string | null;
            description?: string | null;
            icon_type?: string | null;
            icon?: string | null;
            icon_background?: string | null;
        };
        /** @description What an app is for. */
        AppDescription: {
            description: string;
        };
        /** @description A file, as YAML. */
        AppFile: {
            data: string;
        };
        /** @description A new name. */
        AppName: {
            name: string;
        };
        /** @description An app among others. */
        AppRow: {
            /** Format: uuid */
            id: string;
            name: string;
            description: string;
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow";
            icon_type: string | null;
            icon: string | null;
            icon_background: string | null;
            icon_url: null;
            use_icon_as_answer_icon: boolean;
            author_name: string | null;
            created_by: string | null;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
            tags: components["schemas"]["Tag"][];
        };
        /** @description A page of a list. */
        AppRowPage: {
            data: components["schemas"]["AppRow"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description The page of an app. */
        AppSite: {
            access_token: string;
            /** @description Where it is: `/chat/{code}`. */
            code: string;
            title: string;
            description: string | null;
            default_language: string;
            chat_color_theme: string | null;
            chat_color_theme_inverted: boolean | null;
            copyright: string | null;
            privacy_policy: string | null;
            custom_disclaimer: string | null;
            input_placeholder: string | null;
            show_workflow_steps: boolean | null;
            icon_type: string | null;
            icon: string | null;
            icon_background: string | null;
            use_icon_as_answer_icon: boolean;
            app_base_url: string;
        };
        /** @description Who made it. */
        Author: {
            id: string | null;
            name: string | null;
            email: unknown;
        };
        /** @description A job. */
        Begun: {
            /** Format: uuid */
            job_id: string;
            /** @enum {string} */
            job_status: "waiting" | "processing" | "completed" | "error";
        };
        /** @description Which tags something gets. */
        Bind: {
            tag_ids: string[];
            /** Format: uuid */
            target_id: string;
            /** @enum {string} */
            type: "app" | "knowledge";
        };
        /** @description Built-in tools of one kind. */
        BuiltIn: {
            id: string;
            name: string;
            /** @enum {string} */
            type: "builtin";
            is_team_authorization: boolean;
            tools: components["schemas"]["ToolItem"][];
        };
        /** @description Days: each has its date and the chart's own numbers. */
        ChartPoints: {
            data: Record<string, unknown>[];
        };
        /** @description A whole answer. */
        ChatAnswer: {
            /** @enum {string} */
            event: "message";
            task_id: string;
            /**
             * Format: uuid
             * @description The message.
             */
            id: string;
            /**
             * Format: uuid
             * @description The same.
             */
            message_id: string;
            /** Format: uuid */
            conversation_id: string;
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat";
            answer: string;
            metadata: components["schemas"]["AnswerMetadata"];
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description One event of an answer's stream. */
        ChatEvent: components["schemas"]["MessageEvent"] | components["schemas"]["AgentMessageEvent"] | components["schemas"]["AgentThoughtEvent"] | components["schemas"]["MessageReplaceEvent"] | components["schemas"]["MessageEndEvent"] | components["schemas"]["ErrorEvent"] | components["schemas"]["RunEvent"];
        /** @description A whole answer; a chatflow's, which can ask people, also one so far. */
        ChatReply: components["schemas"]["ChatAnswer"] | components["schemas"]["PausedChat"];
        /** @description A question. */
        ChatTrial: {
            query: string;
            inputs?: Record<string, unknown> | null;
            /** @description The conversation to go on with; empty or absent: a new one */
            conversation_id?: string | "" | null;
            files?: components["schemas"]["FileMapping"][] | null;
        };
        /** @description A chatflow's answer is complete and stored. */
        ChatflowEnd: {
            /** @enum {string} */
            event: "message_end";
            /** Format: uuid */
            conversation_id: string;
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            id?: string;
            task_id: string;
            metadata: components["schemas"]["AnswerMetadata"];
            files: Record<string, unknown>[] | null;
        };
        /** @description More of a chatflow's answer. */
        ChatflowMessage: {
            /** @enum {string} */
            event: "message";
            /** Format: uuid */
            conversation_id: string;
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            id: string;
            task_id: string;
            answer: string;
            from_variable_selector: string[] | null;
        };
        /** @description The whole of a chatflow's answer is this now. */
        ChatflowReplace: {
            /** @enum {string} */
            event: "message_replace";
            /** Format: uuid */
            conversation_id: string;
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            task_id: string;
            answer: string;
            reason: string;
        };
        /** @description A child of a passage. */
        ChildChunk: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            segment_id: string;
            content: string;
            /**
             * Format: uint32
             * @description From 1.
             */
            position: number;
            /** Format: uint64 */
            word_count: number;
            /** @enum {string} */
            type: "automatic";
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
        };
        /** @description A child that is near the question. */
        ChildHit: {
            /** Format: uuid */
            id: string;
            content: string;
            /**
             * Format: uint32
             * @description From 1.
             */
            position: number;
            /** Format: double */
            score: number;
        };
        /** @description A model and its provider. */
        ChosenModel: {
            model: string;
            /** @enum {string} */
            model_type: "llm" | "text-embedding" | "rerank" | "speech2text" | "moderation" | "tts";
            provider: components["schemas"]["ChosenProvider"];
        };
        /** @description The provider of a model. */
        ChosenProvider: {
            /** Format: uuid */
            tenant_id: string;
            provider: string;
            label: components["schemas"]["Label"];
            icon_small: null;
            icon_large: null;
            supported_model_types: ("llm" | "text-embedding" | "rerank" | "speech2text" | "moderation" | "tts")[];
            models: unknown[];
        };
        /** @description One of two graphs. */
        Compared: {
            /** Format: uuid */
            id: string;
            version: string;
            marked_name: string;
        };
        /** @description A whole text. */
        CompletionAnswer: {
            /** @enum {string} */
            event: "message";
            task_id: string;
            /**
             * Format: uuid
             * @description The message.
             */
            id: string;
            /**
             * Format: uuid
             * @description The same.
             */
            message_id: string;
            /** @enum {string} */
            mode: "completion";
            answer: string;
            metadata: components["schemas"]["AnswerMetadata"];
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description One event of a generation's stream: those of a chat without `conversation_id`. */
        CompletionEvent: components["schemas"]["MessageEvent"] | components["schemas"]["MessageReplaceEvent"] | components["schemas"]["MessageEndEvent"] | components["schemas"]["ErrorEvent"];
        /** @description Inputs. */
        CompletionTrial: {
            query?: string | null;
            inputs?: Record<string, unknown>;
            /** @description The published one where it is absent. */
            model_config?: Record<string, unknown> | null;
            /** @enum {string|null} */
            response_mode?: "streaming" | "blocking" | null;
            files?: components["schemas"]["FileMapping"][] | null;
            retriever_from?: string | null;
        };
        /** @description An iteration or a loop has ended. */
        ContainerCompleted: {
            id: string;
            node_id: string;
            node_type: string;
            title: string;
            outputs: Record<string, unknown> | null;
            outputs_truncated: boolean;
            /** @description Seconds since 1970 */
            created_at: number;
            extras: Record<string, unknown>;
            inputs: Record<string, unknown>;
            inputs_truncated: boolean;
            /** @enum {string} */
            status: "succeeded" | "failed" | "exception" | "retry" | "stopped" | "running";
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            execution_metadata: components["schemas"]["ExecutionMetadata"];
            /** @description Seconds since 1970 */
            finished_at: number;
            /** Format: uint64 */
            steps: number;
        };
        /** @description What every event says. */
        ContainerCompletedEvent: {
            /** @enum {string} */
            event: "iteration_completed" | "loop_completed";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["ContainerCompleted"];
        };
        /** @description A round of an iteration or a loop begins. */
        ContainerNext: {
            id: string;
            node_id: string;
            node_type: string;
            title: string;
            /**
             * Format: uint64
             * @description From 0.
             */
            index: number;
            pre_loop_output?: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            extras: Record<string, unknown>;
        };
        /** @description What every event says. */
        ContainerNextEvent: {
            /** @enum {string} */
            event: "iteration_next" | "loop_next";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["ContainerNext"];
        };
        /** @description An iteration or a loop begins. */
        ContainerStarted: {
            id: string;
            node_id: string;
            node_type: string;
            title: string;
            /** @description Seconds since 1970 */
            created_at: number;
            extras: Record<string, unknown>;
            /** @description How many rounds at most: `iteration_length` or `loop_length`. */
            metadata: Record<string, unknown>;
            inputs: Record<string, unknown>;
            inputs_truncated: boolean;
        };
        /** @description What every event says. */
        ContainerStartedEvent: {
            /** @enum {string} */
            event: "iteration_started" | "loop_started";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["ContainerStarted"];
        };
        /** @description A conversation of an end user. */
        Conversation: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description Of the first question. */
            inputs: Record<string, unknown>;
            /** @enum {string} */
            status: "normal" | "completed";
            /** @description What the app opened it with. */
            introduction: string | null;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
        };
        /** @description How many. */
        Count: {
            /** Format: uint64 */
            count: number;
        };
        /** @description A tag and how many have it, as a text. */
        CountedTag: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            type: "app" | "knowledge";
            binding_count: string;
        };
        /** @description How a provider is reached. */
        Credentials: {
            credentials: components["schemas"]["Reach"];
        };
        /** @description A dataset. */
        Dataset: {
            /** Format: uuid */
            id: string;
            name: string;
            description: string;
            /** @enum {string} */
            provider: "vendor";
            /** @enum {string} */
            permission: "only_me" | "all_team_members" | "partial_members";
            /** @enum {string|null} */
            data_source_type: "upload_file" | null;
            indexing_technique: string | null;
            /**
             * Format: uint64
             * @description Apps that search it.
             */
            app_count: number;
            /** Format: uint64 */
            document_count: number;
            /** Format: uint64 */
            word_count: number;
            created_by: string;
            author_name: null;
            /** @description Seconds since 1970 */
            created_at: number;
            updated_by: string | null;
            /** @description Seconds since 1970 */
            updated_at: number;
            embedding_model: string | null;
            embedding_model_provider: string | null;
            /** @description Whether its embedding model is there. */
            embedding_available: boolean;
            retrieval_model_dict: components["schemas"]["RetrievalShown"];
            /** @description Its fields are null. */
            summary_index_setting: Record<string, unknown>;
            tags: unknown[];
            doc_form: string | null;
            /** @description Its fields are null. */
            external_knowledge_info: Record<string, unknown>;
            external_retrieval_model: null;
            doc_metadata: unknown[];
            /** @constant */
            built_in_field_enabled: false;
            pipeline_id: null;
            /** @enum {string} */
            runtime_mode: "general";
            chunk_structure: string | null;
            /** @description Its fields are null. */
            icon_info: Record<string, unknown>;
            /** @constant */
            is_published: false;
            /** Format: uint64 */
            total_documents: number;
            /** Format: uint64 */
            total_available_documents: number;
            enable_api: boolean;
            /** @constant */
            is_multimodal: false;
            /** @description Who may see it, where `permission` is `partial_members`. */
            partial_member_list?: string[];
        };
        /** @description What of a dataset shall change. */
        DatasetChange: {
            name?: string | null;
            description?: string | null;
            /** @enum {string|null} */
            indexing_technique?: "high_quality" | null;
            /** @enum {string|null} */
            permission?: "only_me" | "all_team_members" | "partial_members" | null;
            embedding_model?: string | null;
            embedding_model_provider?: string | null;
            retrieval_model?: components["schemas"]["RetrievalModel"] | null;
            partial_member_list?: components["schemas"]["Member"][] | null;
        };
        /** @description A page of a list. */
        DatasetPage: {
            data: components["schemas"]["Dataset"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description A delivery that is kept. */
        DeadLetter: {
            /** @description The id that its run gets. */
            id: string;
            node_id: string;
            inputs: Record<string, unknown>;
            /** @description Why nothing started. */
            error: string;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        DeadLetters: {
            data: components["schemas"]["DeadLetter"][];
        };
        /** @description A model, if one was chosen or there is but one. */
        DefaultModel: {
            data: components["schemas"]["ChosenModel"] | null;
        };
        /** @description The model of one type; without one, nothing changes. */
        DefaultSetting: {
            /** @enum {string} */
            model_type: "llm" | "text-embedding" | "rerank" | "speech2text" | "moderation" | "tts";
            provider?: string | null;
            model?: string | null;
        };
        /** @description Models by type. */
        DefaultSettings: {
            model_settings: components["schemas"]["DefaultSetting"][];
        };
        /** @description What is missing. */
        Dependencies: {
            leaked_dependencies: unknown[];
        };
        /** @description One difference; a side is null where there is nothing. */
        Difference: {
            /** @description Null for features and declared variables. */
            node_id: string | null;
            title: string;
            /** @description Such as `model.name`; `node` for all of one, `edges` for where it leads. */
            field: string;
            before: unknown;
            after: unknown;
        };
        /** @description What differs. */
        Differences: {
            from: components["schemas"]["Compared"];
            to: components["schemas"]["Compared"];
            changes: components["schemas"]["Difference"][];
        };
        /** @description A document. */
        Document: {
            /** Format: uuid */
            id: string;
            /** Format: uint32 */
            position: number;
            /** @enum {string} */
            data_source_type: "upload_file";
            data_source_info: components["schemas"]["SourceId"];
            data_source_detail_dict: components["schemas"]["SourceDetail"];
            /** Format: uuid */
            dataset_process_rule_id: string;
            name: string;
            /** @enum {string} */
            created_from: "api" | "web";
            created_by: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uint64 */
            tokens: number;
            /** @enum {string} */
            indexing_status: "waiting" | "parsing" | "cleaning" | "splitting" | "indexing" | "completed" | "error" | "paused";
            error: string | null;
            enabled: boolean;
            /** @description Seconds since 1970 */
            disabled_at: number | null;
            disabled_by: string | null;
            archived: boolean;
            /** @enum {string} */
            display_status: "queuing" | "paused" | "indexing" | "error" | "available" | "disabled" | "archived";
            /** Format: uint64 */
            word_count: number;
            /** Format: uint64 */
            hit_count: number;
            doc_form: string;
            doc_metadata: unknown[];
            summary_index_status: null;
            /** @constant */
            need_summary: false;
        };
        /** @description A document, or what is known of it. */
        DocumentAnswer: components["schemas"]["DocumentDetail"] | components["schemas"]["DocumentMetadata"];
        /** @description A document by itself. With `metadata=without`, `doc_type` and `doc_metadata` are left out. */
        DocumentDetail: {
            /** Format: uuid */
            id: string;
            /** Format: uint32 */
            position: number;
            /** @enum {string} */
            data_source_type: "upload_file";
            data_source_info: components["schemas"]["SourceWhole"];
            /** Format: uuid */
            dataset_process_rule_id: string;
            dataset_process_rule: components["schemas"]["RuleShown"];
            document_process_rule: components["schemas"]["RuleRecord"];
            name: string;
            /** @enum {string} */
            created_from: "api" | "web";
            created_by: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uint64 */
            tokens: number;
            /** @enum {string} */
            indexing_status: "waiting" | "parsing" | "cleaning" | "splitting" | "indexing" | "completed" | "error" | "paused";
            /** @description Seconds since 1970 */
            completed_at: number | null;
            /** @description Seconds since 1970 */
            updated_at: number;
            /**
             * Format: double
             * @description Seconds.
             */
            indexing_latency: number | null;
            error: string | null;
            enabled: boolean;
            /** @description Seconds since 1970 */
            disabled_at: number | null;
            disabled_by: string | null;
            archived: boolean;
            doc_type?: string;
            doc_metadata?: unknown[];
            /** Format: uint64 */
            segment_count: number;
            /** Format: uint64 */
            average_segment_length: number;
            /** Format: uint64 */
            hit_count: number;
            /** @enum {string} */
            display_status: "queuing" | "paused" | "indexing" | "error" | "available" | "disabled" | "archived";
            doc_form: string;
            doc_language: string | null;
            summary_index_status: null;
            /** @constant */
            need_summary: false;
        };
        /** @description Documents. */
        DocumentIds: {
            document_ids: string[];
        };
        /** @description What is known of a document. */
        DocumentMetadata: {
            /** Format: uuid */
            id: string;
            doc_type: string;
            doc_metadata: unknown[];
        };
        /** @description A page of a list. */
        DocumentPage: {
            data: components["schemas"]["Document"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description A new name. */
        DocumentRename: {
            name: string;
        };
        /** @description The answer of an operation that has nothing else to say. */
        Done: {
            /** @enum {string} */
            result: "success";
        };
        /** @description A configuration that is being edited. */
        Draft: {
            model_config: Record<string, unknown> | null;
            hash: string;
            /** @description Seconds since 1970 */
            updated_at: number | null;
            updated_by: string | null;
            is_draft: boolean;
        };
        /** @description A value and what is said about it. */
        DraftVariable: {
            id: string;
            /** @enum {string} */
            type: "node" | "sys" | "conversation" | "env";
            name: string;
            description: string;
            selector: string[];
            value_type: string;
            /** @description Whether somebody changed it since the last run. */
            edited: boolean;
            visible: boolean;
            editable: boolean;
            /** @constant */
            is_truncated: false;
            value: unknown;
            full_content: null;
        };
        /** @description What is said about a value. */
        DraftVariableAbout: {
            id: string;
            /** @enum {string} */
            type: "node" | "sys" | "conversation" | "env";
            name: string;
            description: string;
            selector: string[];
            value_type: string;
            /** @description Whether somebody changed it since the last run. */
            edited: boolean;
            visible: boolean;
            editable: boolean;
            /** @constant */
            is_truncated: false;
        };
        /** @description What is said about values. */
        DraftVariableList: {
            items: components["schemas"]["DraftVariableAbout"][];
            /** Format: uint64 */
            total: number;
        };
        /** @description Values. */
        DraftVariables: {
            items: components["schemas"]["DraftVariable"][];
        };
        /** @description A switch. */
        EnableApi: {
            enable_api: boolean;
        };
        /** @description A switch. */
        EnableSite: {
            enable_site: boolean;
        };
        /** @description What went wrong. */
        Error: {
            /** @description Stable; what a program looks at */
            code: string;
            /** @description For people */
            message: string;
            /** @description The HTTP status */
            status: number;
            /** @description The field that is to blame */
            params?: string;
        };
        /** @description It failed; the stream ends. */
        ErrorEvent: {
            /** @enum {string} */
            event: "error";
            /** Format: uuid */
            message_id?: string | null;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            workflow_run_id?: string | null;
            task_id?: string | null;
            code: string;
            message: string;
            /** Format: uint16 */
            status: number;
            /** @description The field that is to blame. */
            params?: string | null;
        };
        /** @description A text and a rule. */
        Estimate: {
            text: string;
            name?: string | null;
            process_rule?: components["schemas"]["ProcessRule"] | null;
            /**
             * Format: uint32
             * @description Passages of the preview.
             */
            limit?: number | null;
        };
        /** @description What a rule would make of it. */
        Estimated: {
            /** Format: uint64 */
            total_segments: number;
            /** Format: uint64 */
            tokens: number;
            /** Format: uint64 */
            characters: number;
            preview: components["schemas"]["Passage"][];
            qa_preview: null;
        };
        /** @description How a node went. */
        Execution: {
            /** @description Of a container, the node's. */
            id: string;
            /** Format: uint64 */
            index: number;
            predecessor_node_id: string | null;
            node_id: string;
            node_type: string;
            title: string;
            inputs: Record<string, unknown> | null;
            inputs_truncated: boolean;
            process_data: Record<string, unknown> | null;
            process_data_truncated: boolean;
            outputs: Record<string, unknown> | null;
            outputs_truncated: boolean;
            /** @enum {string} */
            status: "succeeded" | "failed" | "exception" | "retry" | "stopped" | "running";
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            execution_metadata: components["schemas"]["ExecutionMetadata"];
            extras: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number | null;
            iteration_id: string | null;
            loop_id: string | null;
            /** @enum {string} */
            created_by_role: "account" | "end_user";
            created_by_account: components["schemas"]["TriedBy"] | null;
            created_by_end_user: components["schemas"]["LoggedUser"] | null;
        };
        /** @description What is known about an execution. Keys that say nothing are left out. */
        ExecutionMetadata: {
            /** Format: uint64 */
            total_tokens?: number;
            total_price?: string;
            currency?: string;
            iteration_id?: string;
            /** Format: uint64 */
            iteration_index?: number;
            loop_id?: string;
            /** Format: uint64 */
            loop_index?: number;
            error_strategy?: string;
            iteration_duration_map?: Record<string, unknown>;
            loop_duration_map?: Record<string, unknown>;
            loop_variable_map?: Record<string, unknown>;
            completed_reason?: string;
            agent_log?: components["schemas"]["AgentLog"][];
        };
        /** @description How the nodes of a run went, in their order. */
        Executions: {
            data: components["schemas"]["Execution"][];
        };
        /** @description A service of the workspace's own. */
        Extension: {
            /** Format: uuid */
            id: string;
            name: string;
            api_endpoint: string;
            /** @description Masked. */
            api_key: string;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description Something that an app can have switched on, with its settings. */
        Feature: {
            enabled: boolean;
        } & {
            [key: string]: unknown;
        };
        /** @description Mostly what other installations of Dify's kind have and this one has not. */
        Features: {
            sso_enforced_for_signin: boolean;
            sso_enforced_for_signin_protocol: string;
            enable_marketplace: boolean;
            /** Format: uint64 */
            max_plugin_package_size: number;
            enable_email_code_login: boolean;
            enable_email_password_login: boolean;
            enable_social_oauth_login: boolean;
            enable_collaboration_mode: boolean;
            is_allow_register: boolean;
            is_allow_create_workspace: boolean;
            is_email_setup: boolean;
            license: Record<string, unknown>;
            branding: Record<string, unknown>;
            webapp_auth: Record<string, unknown>;
            plugin_installation_permission: Record<string, unknown>;
            enable_change_email: boolean;
        };
        /** @description What end users thought. */
        FeedbackFile: {
            data: unknown[];
        };
        /** @description A new file of a document. */
        FileChange: {
            /** Format: binary */
            file?: string;
            data?: components["schemas"]["ReplacementOptions"];
        };
        /** @description A file and whose it is. */
        FileForm: {
            /** Format: binary */
            file: string;
            user?: string;
        };
        /** @description A file that comes with a question or stands in an input. */
        FileMapping: {
            /** @enum {string} */
            type: "image" | "document" | "audio" | "video" | "custom";
            /** @enum {string} */
            transfer_method: "remote_url";
            url: string;
        } | {
            /** @enum {string} */
            type: "image" | "document" | "audio" | "video" | "custom";
            /** @enum {string} */
            transfer_method: "local_file";
            /** Format: uuid */
            upload_file_id: string;
        };
        /** @description Options of a file, as JSON. */
        FileOptions: {
            /** @enum {string|null} */
            indexing_technique?: "high_quality" | null;
            /** @enum {string|null} */
            doc_form?: "text_model" | "hierarchical_model" | null;
            doc_language?: string | null;
            process_rule?: components["schemas"]["ProcessRule"] | null;
            retrieval_model?: components["schemas"]["RetrievalModel"] | null;
            embedding_model?: string | null;
            embedding_model_provider?: string | null;
            /**
             * Format: uuid
             * @description Replaces this document.
             */
            original_document_id?: string | null;
        };
        /** @description A workflow as a tool. */
        FlowDetail: {
            /** Format: uuid */
            workflow_tool_id: string;
            /** Format: uuid */
            workflow_app_id: string;
            name: string;
            label: string;
            description: string;
            icon: unknown;
            privacy_policy: string;
            labels: string[];
            tool: components["schemas"]["ToolItem"];
        };
        /** @description A workflow as a tool, as it is entered: `workflow_app_id` makes one, `workflow_tool_id` changes it. */
        FlowEntry: {
            workflow_app_id?: string | null;
            workflow_tool_id?: string | null;
            /** @description Letters, digits and `_`. */
            name: string;
            label?: string | null;
            /** @description For models. */
            description?: string | null;
            icon?: Record<string, unknown> | null;
            /** @description What each input is for: `name` and `description`. */
            parameters?: Record<string, unknown>[] | null;
            privacy_policy?: string | null;
            labels?: string[] | null;
        };
        /** @description Which one. */
        FlowId: {
            workflow_tool_id: string;
        };
        /** @description A new one. */
        FlowMade: {
            /** @enum {string} */
            result: "success";
            /** Format: uuid */
            workflow_tool_id: string;
        };
        /** @description A workflow in a list of tools. */
        FlowRow: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            type: "workflow";
            icon: unknown;
            labels: string[];
            /** @description One; none when its app is gone. */
            tools: components["schemas"]["ToolItem"][];
        };
        /** @description What was found, the nearest first. */
        Found: {
            query: components["schemas"]["SearchQuery"];
            records: components["schemas"]["Hit"][];
        };
        /** @description What somebody thinks. */
        GivenFeedback: {
            /** @enum {string} */
            rating: "like" | "dislike";
            content: string | null;
            /** @enum {string} */
            from_source: "user" | "admin";
            from_end_user_id: string | null;
            from_account: components["schemas"]["Person"] | null;
        };
        /** @description A graph and what is said about it. */
        Graph: {
            id: string;
            /** @description `draft`, or when it was published. */
            version: string;
            hash: string;
            marked_name: string;
            marked_comment: string;
            created_by: components["schemas"]["Author"];
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
            graph: Record<string, unknown>;
            features: Record<string, unknown>;
            environment_variables: Record<string, unknown>[];
            conversation_variables: Record<string, unknown>[];
            rag_pipeline_variables: unknown[];
            tool_published: boolean;
        };
        /** @description A graph to keep; what is absent stays. */
        GraphDraft: {
            graph?: Record<string, unknown> | null;
            features?: Record<string, unknown> | null;
            hash?: string | null;
            environment_variables?: Record<string, unknown>[] | null;
            conversation_variables?: Record<string, unknown>[] | null;
        };
        /** @description Published graphs, the newest first. */
        GraphVersions: {
            items: components["schemas"]["Graph"][];
            /** Format: uint32 */
            page: number;
            /** Format: uint32 */
            limit: number;
            has_more: boolean;
        };
        /** @description What was said. */
        Heard: {
            text: string;
        };
        /** @description A passage that was found. */
        Hit: {
            segment: components["schemas"]["HitSegment"];
            /** @description Of a parent: the children that are near, the nearest first. */
            child_chunks: components["schemas"]["ChildHit"][];
            /**
             * Format: double
             * @description How near, 0 to 1.
             */
            score: number;
            tsne_position: null;
            files: unknown[];
            summary: null;
        };
        /** @description The document of a passage. */
        HitDocument: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            data_source_type: "upload_file";
            name: string;
            doc_type: null;
            doc_metadata: null;
        };
        /** @description A passage with its document. */
        HitSegment: {
            /** Format: uuid */
            id: string;
            /**
             * Format: uint32
             * @description From 1.
             */
            position: number;
            /** Format: uuid */
            document_id: string;
            content: string;
            sign_content: string;
            answer: null;
            /** Format: uint64 */
            word_count: number;
            /** Format: uint64 */
            tokens: number;
            keywords: unknown[];
            index_node_id: string;
            index_node_hash: string;
            /** Format: uint64 */
            hit_count: number;
            enabled: boolean;
            disabled_at: null;
            disabled_by: null;
            /** @enum {string} */
            status: "waiting" | "indexing" | "completed" | "error" | "paused" | "re_segment";
            created_by: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            indexing_at: number;
            /** @description Seconds since 1970 */
            completed_at: number | null;
            error: null;
            stopped_at: null;
            document: components["schemas"]["HitDocument"];
        };
        /** @description What is asked. */
        HumanInputForm: {
            /** @description Markdown; `{{#$output.name#}}` marks the place of a field. */
            form_content: string;
            inputs: Record<string, unknown>[];
            resolved_default_values: Record<string, unknown>;
            user_actions: Record<string, unknown>[];
            /** @description Seconds since 1970 */
            expiration_time: number;
        };
        /** @description Somebody pressed a button. */
        HumanInputFormFilled: {
            node_id: string;
            node_title: string;
            rendered_content: string;
            action_id: string;
            action_text: string;
            submitted_data: Record<string, unknown> | null;
        };
        /** @description What every event says. */
        HumanInputFormFilledEvent: {
            /** @enum {string} */
            event: "human_input_form_filled";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["HumanInputFormFilled"];
        };
        /** @description Nobody did in time. */
        HumanInputFormTimeout: {
            node_id: string;
            node_title: string;
            /** @description Seconds since 1970 */
            expiration_time: number;
        };
        /** @description What every event says. */
        HumanInputFormTimeoutEvent: {
            /** @enum {string} */
            event: "human_input_form_timeout";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["HumanInputFormTimeout"];
        };
        /** @description What was entered on a page. */
        HumanInputPageAnswer: {
            inputs: Record<string, unknown>;
            action: string;
        };
        /** @description A node asks people. */
        HumanInputRequired: {
            /** Format: uuid */
            form_id: string;
            node_id: string;
            node_title: string;
            form_content: string;
            inputs: Record<string, unknown>[];
            actions: Record<string, unknown>[];
            display_in_ui: boolean;
            /** @description None where the form reaches people by e-mail alone. */
            form_token: string | null;
            resolved_default_values: Record<string, unknown>;
            /** @description Seconds since 1970 */
            expiration_time: number;
        };
        /** @description What every event says. */
        HumanInputRequiredEvent: {
            /** @enum {string} */
            event: "human_input_required";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["HumanInputRequired"];
        };
        /** @description An icon. */
        Icon: {
            icon_type?: string | null;
            icon?: string | null;
            icon_background?: string | null;
        };
        /** @description A file, and what is to be different. */
        Import: {
            /** @enum {string} */
            mode: "yaml-content" | "yaml-url";
            /** @description With `yaml-content`. */
            yaml_content?: string | null;
            /** @description With `yaml-url`. */
            yaml_url?: string | null;
            /** @description Replaces this app. */
            app_id?: string | null;
            name?: string | null;
            description?: string | null;
            icon_type?: string | null;
            icon?: string | null;
            icon_background?: string | null;
        };
        /** @description What came of an import. */
        ImportReport: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            status: "completed" | "completed-with-warnings" | "pending" | "failed";
            /** Format: uuid */
            app_id: string | null;
            /** @enum {string|null} */
            app_mode: "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow" | null;
            current_dsl_version: string;
            imported_dsl_version: string;
            error: string;
            warnings: unknown[];
        };
        /** @description An invitation. */
        Invitation: {
            is_valid: boolean;
            data: components["schemas"]["Invited"] | null;
        };
        /** @description What came of one invitation. */
        InvitationResult: {
            /** @enum {string} */
            status: "success" | "already_member" | "failed";
            email: string;
            /** @description What to send them. */
            url?: string;
            /** @description Why not. */
            message?: string;
        };
        /** @description What came of it, for each. */
        Invitations: {
            /** @enum {string} */
            result: "success";
            /** Format: uuid */
            tenant_id: string;
            invitation_results: components["schemas"]["InvitationResult"][];
        };
        /** @description Whom to invite. */
        Invite: {
            emails: string[];
            /** @enum {string} */
            role: "admin" | "editor" | "normal";
        };
        /** @description Who is invited, and where to. */
        Invited: {
            workspace_id: string;
            workspace_name: string;
            email: string;
            /** @enum {string} */
            role: "owner" | "admin" | "editor" | "normal";
        };
        /** @description A job and how it went. */
        Job: {
            /** Format: uuid */
            job_id: string;
            /** @enum {string} */
            job_status: "waiting" | "processing" | "completed" | "error";
            error_msg: string;
        };
        /** @description A key. */
        Key: {
            id: string;
            /** @enum {string} */
            type: "app" | "dataset" | "model";
            /** @description Its end, where it was not just made. */
            token: string;
            /** @description Seconds since 1970 */
            last_used_at: number | null;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description Keys. */
        Keys: {
            data: components["schemas"]["Key"][];
        };
        /** @description A name in the languages of the official front end. */
        Label: {
            en_US: string;
            zh_Hans: string;
        };
        /** @description What may be uploaded, in MB and in files. */
        Limits: {
            /** Format: uint64 */
            file_size_limit: number;
            /** Format: uint64 */
            batch_count_limit: number;
            /** Format: uint64 */
            file_upload_limit: number;
            /** Format: uint64 */
            image_file_size_limit: number;
            /** Format: uint64 */
            video_file_size_limit: number;
            /** Format: uint64 */
            audio_file_size_limit: number;
            /** Format: uint64 */
            workflow_file_upload_limit: number;
            /** Format: uint64 */
            document_bytes: number;
            document_kinds: string[];
        };
        /** @description The prepared answer that was made of a message. */
        LinkedAnnotation: {
            /** Format: uuid */
            id: string;
            question: string;
            content: string;
            account: components["schemas"]["Person"];
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description A workspace among others. */
        ListedWorkspace: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            plan: "sandbox";
            /** @enum {string} */
            status: "normal";
            /** @description Seconds since 1970 */
            created_at: number;
            /** @enum {string} */
            role: "owner" | "admin" | "editor" | "normal";
            in_trial: boolean;
            trial_end_reason: null;
            custom_config: null;
            current: boolean;
        };
        /** @description What listening for a call comes to. */
        Listened: components["schemas"]["WaitingForCall"] | components["schemas"]["Execution"];
        /** @description How far a download is. */
        LocalDownload: {
            /** @description What is downloaded now; empty until a source has answered. */
            file: string;
            /**
             * Format: uint64
             * @description Of that, bytes that are here.
             */
            bytes: number;
            /**
             * Format: uint64
             * @description Of that, bytes there are; 0: not known.
             */
            total: number;
            /**
             * Format: uint64
             * @description Over the last seconds.
             */
            bytes_per_second: number;
            /** @description Why it failed. */
            error: string | null;
        };
        /** @description A model that can run in the process. */
        LocalModel: {
            model: string;
            /** @enum {string} */
            model_type: "llm" | "text-embedding" | "rerank" | "speech2text" | "moderation" | "tts";
            about: string;
            licence: string;
            /**
             * Format: uint64
             * @description Of all its files; 0 where that is learned at the download.
             */
            bytes: number;
            /** @description Whether a fresh installation uses it. */
            default: boolean;
            /**
             * @description `restart`: it came while the server ran, which knows it from its next start on.
             * @enum {string}
             */
            state: "ready" | "restart" | "absent" | "downloading" | "failed";
            download: components["schemas"]["LocalDownload"] | null;
        };
        /** @description What can run in the process. */
        LocalModels: {
            data: components["schemas"]["LocalModel"][];
        };
        /** @description How long logs are kept. */
        LogRetention: {
            /** @description None: for ever. */
            days: number | null;
            conversations: boolean;
        };
        /** @description The same with its message. */
        LoggedCompletion: {
            /** Format: uuid */
            id: string;
            name: string;
            summary: string;
            status: string;
            /** @enum {string} */
            from_source: "api" | "web-app" | "console";
            from_end_user_id: string;
            from_end_user_session_id: string;
            from_account_id: null;
            inputs: Record<string, unknown>;
            /** Format: uint64 */
            message_count: number;
            annotated: boolean;
            user_feedback_stats: components["schemas"]["Verdicts"];
            admin_feedback_stats: components["schemas"]["Verdicts"];
            status_count: components["schemas"]["StatusCount"];
            model_config: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
            message: components["schemas"]["PlainMessage"] | null;
        };
        /** @description A page of a list. */
        LoggedCompletionPage: {
            data: components["schemas"]["LoggedCompletion"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description A conversation of the log. */
        LoggedConversation: {
            /** Format: uuid */
            id: string;
            name: string;
            summary: string;
            status: string;
            /** @enum {string} */
            from_source: "api" | "web-app" | "console";
            from_end_user_id: string;
            from_end_user_session_id: string;
            from_account_id: null;
            inputs: Record<string, unknown>;
            /** Format: uint64 */
            message_count: number;
            annotated: boolean;
            user_feedback_stats: components["schemas"]["Verdicts"];
            admin_feedback_stats: components["schemas"]["Verdicts"];
            status_count: components["schemas"]["StatusCount"];
            model_config: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
        };
        /** @description A page of a list. */
        LoggedConversationPage: {
            data: components["schemas"]["LoggedConversation"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description A message of the log with what is known of it. */
        LoggedMessage: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            conversation_id: string;
            /** Format: uuid */
            parent_message_id: string | null;
            inputs: Record<string, unknown>;
            query: string;
            answer: string;
            /** @enum {string} */
            status: "normal" | "error" | "paused";
            error: string | null;
            message_files: components["schemas"]["MessageFile"][];
            agent_thoughts: components["schemas"]["AgentThought"][];
            /** Format: uint64 */
            message_tokens: number;
            /** Format: uint64 */
            answer_tokens: number;
            total_price: string;
            currency: string;
            /** Format: double */
            provider_response_latency: number;
            /** Format: double */
            time_to_first_token: number | null;
            model: string;
            from_end_user_id: string;
            from_account_id: null;
            /** @description Seconds since 1970 */
            created_at: number;
            feedbacks: components["schemas"]["GivenFeedback"][];
            annotation: components["schemas"]["LinkedAnnotation"] | null;
            annotation_hit_history: null;
            retriever_resources: components["schemas"]["MessageResource"][];
            /** @enum {string} */
            from_source: "api" | "web-app" | "console";
        };
        /** @description A part of a list that is read on from its first or last item. */
        LoggedMessageScroll: {
            /** Format: uint32 */
            limit: number;
            has_more: boolean;
            data: components["schemas"]["LoggedMessage"][];
        };
        /** @description A call of a model. */
        LoggedRequest: {
            /** Format: uuid */
            id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: date-time */
            time: string;
            /** @enum {string} */
            kind: "chat" | "embedding" | "rerank" | "moderation" | "tts" | "stt";
            /** @enum {string} */
            purpose: "answer" | "agent_round" | "node" | "title" | "summary" | "suggestions" | "router" | "query" | "indexing" | "moderation" | "speech" | "gateway" | "other";
            provider: string;
            model: string;
            /** Format: uuid */
            app_id: string | null;
            /** @description None for an app that is gone, too. */
            app_name: string | null;
            /** Format: uuid */
            conversation_id: string | null;
            /** Format: uuid */
            message_id: string | null;
            /** Format: uuid */
            workflow_run_id: string | null;
            /** @enum {string} */
            status: "ok" | "stopped" | "error";
            /** @description Such as `rate_limit`. */
            error_kind: string | null;
            error: string | null;
            /** Format: uint64 */
            prompt_tokens: number;
            /** Format: uint64 */
            completion_tokens: number;
            /** Format: uint64 */
            total_tokens: number;
            /** @description The provider did not say: the tokens are counted. */
            estimated: boolean;
            /** @description Whether a price is known; without one all prices are 0. */
            priced: boolean;
            prompt_unit_price: string;
            prompt_price_unit: string;
            prompt_price: string;
            completion_unit_price: string;
            completion_price_unit: string;
            completion_price: string;
            total_price: string;
            /** @description ISO 4217. */
            currency: string;
            /**
             * Format: double
             * @description Seconds.
             */
            latency: number;
            /**
             * Format: double
             * @description Seconds.
             */
            time_to_first_token: number | null;
        };
        /** @description A run as the log shows it. */
        LoggedRun: {
            /** Format: uuid */
            id: string;
            workflow_run: components["schemas"]["LoggedRunState"];
            details: null;
            /** @enum {string} */
            created_from: "service-api" | "web-app";
            /** @enum {string} */
            created_by_role: "end_user";
            created_by_account: null;
            created_by_end_user: components["schemas"]["LoggedUser"];
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description A page of a list. */
        LoggedRunPage: {
            data: components["schemas"]["LoggedRun"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
        };
        /** @description What a run came to. */
        LoggedRunState: {
            /** Format: uuid */
            id: string;
            version: string;
            /** @enum {string} */
            status: "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "paused";
            triggered_from: string;
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            /** Format: uint64 */
            total_steps: number;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number | null;
            /** Format: uint64 */
            exceptions_count: number;
        };
        /** @description Who ran it. */
        LoggedUser: {
            /** Format: uuid */
            id: string;
            type: string;
            is_anonymous: boolean;
            session_id: string;
        };
        /** @description Whoever signs in. */
        Login: {
            email: string;
            password: string;
        };
        /** @description An MCP server as it is entered; `provider_id` changes one. */
        McpEntry: {
            provider_id?: string | null;
            /** @description How app files name it: letters, digits, `_` and `-`. */
            server_identifier: string;
            name: string;
            server_url?: string | null;
            /** @description What every request says beside: texts by name. */
            headers?: Record<string, unknown> | null;
            icon?: Record<string, unknown> | null;
        };
        /** @description Which one. */
        McpId: {
            provider_id: string;
        };
        /** @description An MCP server. */
        McpRow: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            type: "mcp";
            icon: unknown;
            server_identifier: string;
            /** @description Where its address begins: the rest may hold a key. */
            server_url: string;
            tools: components["schemas"]["ToolItem"][];
        };
        /** @description Who may see a dataset. */
        Member: {
            user_id: string;
        };
        /** @description Members and invitations. */
        Members: {
            accounts: components["schemas"]["WorkspaceMember"][];
        };
        /** @description A question and its answer. */
        Message: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            conversation_id: string;
            /** Format: uuid */
            parent_message_id: string | null;
            inputs: Record<string, unknown>;
            query: string;
            answer: string;
            /** @enum {string} */
            status: "normal" | "error" | "paused";
            error: string | null;
            message_files: components["schemas"]["MessageFile"][];
            feedback: components["schemas"]["Rating"] | null;
            retriever_resources: components["schemas"]["MessageResource"][];
            agent_thoughts: components["schemas"]["AgentThought"][];
            /** @description Seconds since 1970 */
            created_at: number;
            extra_contents: components["schemas"]["MessageForm"][];
            /** Format: uint64 */
            message_tokens: number;
            /** Format: uint64 */
            answer_tokens: number;
            /** Format: uint64 */
            total_tokens: number;
            /**
             * Format: double
             * @description Seconds.
             */
            provider_response_latency: number;
            total_price: string | null;
            currency: string | null;
        };
        /** @description The answer is complete and stored. */
        MessageEndEvent: {
            /** @enum {string} */
            event: "message_end";
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            conversation_id?: string;
            task_id: string;
            /** Format: uuid */
            id?: string;
            metadata: components["schemas"]["AnswerMetadata"];
            files: components["schemas"]["AnswerFile"][] | null;
        };
        /** @description More of the answer. */
        MessageEvent: {
            /** @enum {string} */
            event: "message";
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            conversation_id?: string;
            task_id: string;
            /** Format: uuid */
            id: string;
            /** @description What comes next. */
            answer: string;
            from_variable_selector: string[] | null;
        };
        /** @description A file of a message. */
        MessageFile: {
            id: string;
            filename: string;
            /** @enum {string} */
            type: "image" | "document" | "audio" | "video" | "custom";
            /** @description Signed: it needs no key. */
            url: string | null;
            mime_type: string;
            /** Format: uint64 */
            size: number;
            /** @enum {string} */
            transfer_method: "remote_url" | "local_file";
            /** @enum {string} */
            belongs_to: "user" | "assistant";
            upload_file_id: string | null;
        };
        /** @description What a message shows of a form that its run asked people to fill in. */
        MessageForm: {
            /** @enum {string} */
            type: "human_input";
            /** Format: uuid */
            workflow_run_id: string;
            submitted: boolean;
            form_definition: components["schemas"]["HumanInputRequired"] | null;
            form_submission_data: components["schemas"]["HumanInputFormFilled"] | null;
        };
        /** @description The whole answer is this now. */
        MessageReplaceEvent: {
            /** @enum {string} */
            event: "message_replace";
            /** Format: uuid */
            message_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            conversation_id?: string;
            task_id: string;
            answer: string;
            /** @enum {string} */
            reason: "output_moderation";
        };
        /** @description A passage that a message rests on. */
        MessageResource: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            message_id: string;
            /** Format: uint32 */
            position: number | null;
            dataset_id: string | null;
            dataset_name: string | null;
            document_id: string | null;
            document_name: string | null;
            data_source_type: string | null;
            segment_id: string | null;
            /** Format: double */
            score: number | null;
            /** Format: uint64 */
            hit_count: number | null;
            /** Format: uint64 */
            word_count: number | null;
            /** Format: uint32 */
            segment_position: number | null;
            index_node_hash: string | null;
            content: string | null;
            summary: string | null;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description A part of a list that is read on from its first or last item. */
        MessageScroll: {
            /** Format: uint32 */
            limit: number;
            has_more: boolean;
            data: components["schemas"]["Message"][];
        };
        /** @description Icons by tool. */
        Meta: {
            tool_icons: Record<string, unknown>;
        };
        /** @description Models. */
        ModelRows: {
            data: components["schemas"]["WorkspaceModel"][];
        };
        /** @description Models by provider. */
        ModelsByProvider: {
            data: components["schemas"]["ProviderModels"][];
        };
        /** @description A question, its answer, and the message that they come from. */
        NewAnnotation: {
            question: string;
            answer: string;
            /** Format: uuid */
            message_id?: string | null;
        };
        /** @description An app to be. */
        NewApp: {
            name: string;
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow";
            description?: string | null;
            icon_type?: string | null;
            icon?: string | null;
            icon_background?: string | null;
        };
        /** @description A dataset to be. */
        NewDataset: {
            name: string;
            description?: string | null;
            /** @enum {string|null} */
            indexing_technique?: "high_quality" | null;
            /** @enum {string|null} */
            permission?: "only_me" | "all_team_members" | "partial_members" | null;
            /** @enum {string|null} */
            provider?: "vendor" | null;
            embedding_model?: string | null;
            embedding_model_provider?: string | null;
            retrieval_model?: components["schemas"]["RetrievalModel"] | null;
        };
        /** @description A configuration to keep. */
        NewDraft: {
            model_config: Record<string, unknown>;
            hash?: string | null;
        };
        /** @description Another value. */
        NewDraftValue: {
            /** @description As it is called now, or absent. */
            name?: string | null;
            value?: unknown;
        };
        /** @description A service to be. */
        NewExtension: {
            name: string;
            api_endpoint: string;
            /** @description At least five characters. */
            api_key: string;
        };
        /** @description A file that becomes a document. */
        NewFile: {
            /** Format: binary */
            file: string;
            data?: components["schemas"]["FileOptions"];
        };
        /** @description How long logs are to be kept; without `days` for ever. */
        NewLogRetention: {
            days?: number | null;
            conversations?: boolean | null;
        };
        /** @description A provider to be; what is absent stays. */
        NewProvider: {
            /** @enum {string} */
            dialect?: "openai";
            credentials?: components["schemas"]["NewReach"] | null;
            /** @description Names, or objects with `model` and `model_type`. */
            models?: unknown[] | null;
            /**
             * @description Ask the service before anything is kept.
             * @default false
             */
            validate?: boolean;
        };
        /** @description Where, and with what. */
        NewReach: {
            base_url?: string | null;
            api_key?: string | null;
        };
        /** @description A role. */
        NewRole: {
            /** @enum {string} */
            role: "admin" | "editor" | "normal";
        };
        /** @description A segment to be. */
        NewSegment: {
            content: string;
        };
        /** @description Segments to be. */
        NewSegments: {
            segments: components["schemas"]["NewSegment"][];
        };
        /** @description A tag to be. */
        NewTag: {
            name: string;
            /** @enum {string} */
            type: "app" | "knowledge";
        };
        /** @description A text that becomes a document. */
        NewText: {
            name: string;
            text: string;
            /**
             * @description Asked for where the dataset has none so far.
             * @enum {string|null}
             */
            indexing_technique?: "high_quality" | null;
            /** @enum {string|null} */
            doc_form?: "text_model" | "hierarchical_model" | null;
            doc_language?: string | null;
            process_rule?: components["schemas"]["ProcessRule"] | null;
            retrieval_model?: components["schemas"]["RetrievalModel"] | null;
            embedding_model?: string | null;
            embedding_model_provider?: string | null;
            /**
             * Format: uuid
             * @description Replaces this document.
             */
            original_document_id?: string | null;
        };
        /** @description A node has ended. */
        NodeFinished: {
            /** Format: uuid */
            id: string;
            node_id: string;
            node_type: string;
            title: string;
            /** Format: uint64 */
            index: number;
            predecessor_node_id: string | null;
            inputs: Record<string, unknown> | null;
            inputs_truncated: boolean;
            process_data: Record<string, unknown> | null;
            process_data_truncated: boolean;
            outputs: Record<string, unknown> | null;
            outputs_truncated: boolean;
            /** @enum {string} */
            status: "succeeded" | "failed" | "exception" | "retry" | "stopped" | "running";
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            execution_metadata: components["schemas"]["ExecutionMetadata"];
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number;
            files: Record<string, unknown>[];
            iteration_id: string | null;
            loop_id: string | null;
        };
        /** @description What every event says. */
        NodeFinishedEvent: {
            /** @enum {string} */
            event: "node_finished";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["NodeFinished"];
        };
        /** @description A node is tried again: the fields of `node_finished`, and which attempt it was. */
        NodeRetry: {
            /** Format: uuid */
            id: string;
            node_id: string;
            node_type: string;
            title: string;
            /** Format: uint64 */
            index: number;
            predecessor_node_id: string | null;
            inputs: Record<string, unknown> | null;
            inputs_truncated: boolean;
            process_data: Record<string, unknown> | null;
            process_data_truncated: boolean;
            outputs: Record<string, unknown> | null;
            outputs_truncated: boolean;
            /** @enum {string} */
            status: "succeeded" | "failed" | "exception" | "retry" | "stopped" | "running";
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            execution_metadata: components["schemas"]["ExecutionMetadata"];
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number;
            files: Record<string, unknown>[];
            iteration_id: string | null;
            loop_id: string | null;
            /** Format: uint32 */
            retry_index: number;
        };
        /** @description What every event says. */
        NodeRetryEvent: {
            /** @enum {string} */
            event: "node_retry";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["NodeRetry"];
        };
        /** @description A node begins. */
        NodeStarted: {
            /** Format: uuid */
            id: string;
            node_id: string;
            node_type: string;
            title: string;
            /** Format: uint64 */
            index: number;
            predecessor_node_id: string | null;
            inputs: Record<string, unknown> | null;
            inputs_truncated: boolean;
            /** @description Seconds since 1970 */
            created_at: number;
            extras: Record<string, unknown>;
            iteration_id: string | null;
            loop_id: string | null;
            agent_strategy: unknown;
        };
        /** @description What every event says. */
        NodeStartedEvent: {
            /** @enum {string} */
            event: "node_started";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["NodeStarted"];
        };
        Nothing: Record<string, unknown>;
        /** @description A model as a provider offers it; what is not said is looked up in the catalogue. */
        Offer: {
            model: string;
            /** @enum {string} */
            model_type: "llm" | "text-embedding" | "rerank" | "speech2text" | "moderation" | "tts";
            /** Format: uint64 */
            context_window?: number | null;
            /** Format: uint64 */
            max_output_tokens?: number | null;
            vision?: boolean | null;
            tools?: boolean | null;
            /** Format: uint64 */
            dimension?: number | null;
            /** Format: uint64 */
            batch?: number | null;
            pricing?: components["schemas"]["Pricing"] | null;
        };
        /** @description One segment. */
        OneSegment: {
            data: components["schemas"]["Segment"];
            doc_form: string;
        };
        /** @description What a caller must know of an app. */
        Parameters: {
            opening_statement: string | null;
            suggested_questions: string[];
            suggested_questions_after_answer: components["schemas"]["Feature"];
            speech_to_text: components["schemas"]["Feature"];
            text_to_speech: components["schemas"]["Feature"];
            retriever_resource: components["schemas"]["Feature"];
            annotation_reply: components["schemas"]["Feature"];
            more_like_this: components["schemas"]["Feature"];
            /**
             * @description Objects with one key, the type of the field: `text-input`, `paragraph`, `select`, `number`, `checkbox`, `file`,
             *     `file-list`, `json_object`, `external_data_tool`.
             */
            user_input_form: Record<string, unknown>[];
            sensitive_word_avoidance: components["schemas"]["Feature"];
            file_upload: Record<string, unknown>;
            system_parameters: components["schemas"]["SystemParameters"];
        };
        /** @description What a rule for parents and children sets. Of children, an overlap of half their length at most. */
        ParentRules: {
            pre_processing_rules: components["schemas"]["PreProcessing"][];
            /** @enum {string|null} */
            parent_mode?: "paragraph" | null;
            segmentation: components["schemas"]["Segmentation"];
            subchunk_segmentation: components["schemas"]["Segmentation"];
        } | {
            pre_processing_rules: components["schemas"]["PreProcessing"][];
            /** @enum {string} */
            parent_mode: "full-doc";
            segmentation?: components["schemas"]["Segmentation"] | null;
            subchunk_segmentation: components["schemas"]["Segmentation"];
        };
        /** @description What stands before a node. */
        PartTrial: {
            inputs?: Record<string, unknown> | null;
            /** @description `sys.query`. */
            query?: string | null;
            files?: components["schemas"]["FileMapping"][] | null;
        };
        /** @description A passage of the preview. */
        Passage: {
            content: string;
            /** @description Of a parent. */
            child_chunks: string[];
            /** Format: uint64 */
            tokens: number;
            /** Format: uint64 */
            word_count: number;
        };
        /** @description A passport. */
        Passport: {
            access_token: string;
        };
        /** @description A new password. */
        Password: {
            /**
             * @description The present one.
             * @default
             */
            password?: string;
            /** @description With a letter and a digit */
            new_password: string;
            repeat_new_password: string;
        };
        /** @description A chatflow's answer so far, which waits for people. */
        PausedChat: {
            /** @enum {string} */
            event: "workflow_paused";
            task_id: string;
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            message_id: string;
            /** Format: uuid */
            conversation_id: string;
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat";
            answer: string;
            metadata: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: uuid */
            workflow_run_id: string;
            data: components["schemas"]["PausedTurn"];
        };
        /** @description What a run came to that waits for people. */
        PausedResult: {
            /** Format: uuid */
            id: string;
            workflow_id: string;
            /** @enum {string} */
            status: "paused";
            outputs: Record<string, unknown> | null;
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            /** Format: uint64 */
            total_steps: number;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number | null;
            paused_nodes: string[];
            reasons: Record<string, unknown>[];
        };
        /** @description The same, and why. */
        PausedTurn: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat";
            /** Format: uuid */
            conversation_id: string;
            /** Format: uuid */
            message_id: string;
            /** Format: uuid */
            workflow_run_id: string;
            answer: string;
            metadata: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            paused_nodes: string[];
            reasons: Record<string, unknown>[];
            /** @enum {string} */
            status: "paused";
            /** Format: double */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            /** Format: uint64 */
            total_steps: number;
        };
        /** @description A member. */
        Person: {
            id: string | null;
            name: string | null;
        };
        /** @description A message of the log. */
        PlainMessage: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            conversation_id: string;
            /** Format: uuid */
            parent_message_id: string | null;
            inputs: Record<string, unknown>;
            query: string;
            answer: string;
            /** @enum {string} */
            status: "normal" | "error" | "paused";
            error: string | null;
            message_files: components["schemas"]["MessageFile"][];
            agent_thoughts: components["schemas"]["AgentThought"][];
            /** Format: uint64 */
            message_tokens: number;
            /** Format: uint64 */
            answer_tokens: number;
            total_price: string;
            currency: string;
            /** Format: double */
            provider_response_latency: number;
            /** Format: double */
            time_to_first_token: number | null;
            model: string;
            from_end_user_id: string;
            from_account_id: null;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description What is cleaned before cutting. */
        PreProcessing: {
            /** @enum {string} */
            id: "remove_extra_spaces" | "remove_urls_emails" | "remove_stopwords";
            enabled: boolean;
        };
        /** @description What a model costs, where the catalogue does not know it or has another price. */
        Pricing: {
            /** @description For `1 / unit` tokens read. */
            input: string;
            /** @description For `1 / unit` tokens written. */
            output: string;
            /** @description Such as `0.000001`: the prices are for a million. */
            unit: string;
            /** @description ISO 4217. */
            currency: string;
        };
        /** @description How documents are cut. */
        ProcessRule: {
            /** @enum {string} */
            mode: "automatic";
        } | {
            /** @enum {string} */
            mode: "custom";
            rules: components["schemas"]["Rules"];
        } | {
            /** @enum {string} */
            mode: "hierarchical";
            rules: components["schemas"]["ParentRules"];
        };
        /** @description How far a document is. */
        Progress: {
            /** Format: uuid */
            id: string;
            /** @enum {string} */
            indexing_status: "waiting" | "parsing" | "cleaning" | "splitting" | "indexing" | "completed" | "error" | "paused";
            /** @description Seconds since 1970 */
            processing_started_at: number | null;
            /** @description Seconds since 1970 */
            parsing_completed_at: number | null;
            /** @description Seconds since 1970 */
            cleaning_completed_at: number | null;
            /** @description Seconds since 1970 */
            splitting_completed_at: number | null;
            /** @description Seconds since 1970 */
            completed_at: number | null;
            paused_at: null;
            error: string | null;
            /** @description Seconds since 1970 */
            stopped_at: number | null;
            /** Format: uint64 */
            completed_segments: number;
            /** Format: uint64 */
            total_segments: number;
        };
        /** @description How far documents are. */
        ProgressList: {
            data: components["schemas"]["Progress"][];
        };
        /** @description A service that runs models. */
        Provider: {
            /** Format: uuid */
            tenant_id: string;
            provider: string;
            label: components["schemas"]["Label"];
            description: null;
            icon_small: null;
            icon_large: null;
            background: null;
            help: null;
            supported_model_types: ("llm" | "text-embedding" | "rerank" | "speech2text" | "moderation" | "tts")[];
            configurate_methods: "customizable-model"[];
            provider_credential_schema: null;
            model_credential_schema: null;
            /** @enum {string} */
            preferred_provider_type: "custom";
            custom_configuration: Record<string, unknown>;
            system_configuration: Record<string, unknown>;
            dialect: string | null;
            base_url: string | null;
            models: components["schemas"]["Offer"][] | null;
        };
        /** @description Providers. */
        ProviderList: {
            data: components["schemas"]["Provider"][];
        };
        /** @description The models of one provider. */
        ProviderModels: {
            /** Format: uuid */
            tenant_id: string;
            provider: string;
            label: components["schemas"]["Label"];
            icon_small: null;
            icon_large: null;
            /** @enum {string} */
            status: "active";
            models: components["schemas"]["WorkspaceModel"][];
        };
        /** @description What was published. */
        PublishedGraph: {
            /** @enum {string} */
            result: "success";
            /** @description Seconds since 1970 */
            created_at: number;
            id: string;
        };
        /** @description What an end user thinks of an answer. */
        Rating: {
            /** @enum {string} */
            rating: "like" | "dislike";
        };
        /** @description Where, and with what; a key is never shown. */
        Reach: {
            base_url: string;
            api_key: string;
        };
        /** @description A piece of a model's thoughts. */
        ReasoningChunk: {
            message_id: string | null;
            reasoning: string;
            node_id: string;
            is_final: boolean;
        };
        /** @description What every event says. */
        ReasoningChunkEvent: {
            /** @enum {string} */
            event: "reasoning_chunk";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["ReasoningChunk"];
        };
        /** @description An app that searches a dataset. */
        RelatedApp: {
            /** Format: uuid */
            id: string;
            name: string;
            description: string;
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow";
            icon_type: string | null;
            icon: string | null;
            icon_background: string | null;
            icon_url: null;
        };
        /** @description Apps. */
        RelatedApps: {
            /** Format: uint64 */
            total: number;
            data: components["schemas"]["RelatedApp"][];
        };
        /** @description A new name. */
        Rename: {
            /** @constant */
            auto_generate: true;
            name?: string | null;
            user?: string | null;
        } | {
            name: string;
            auto_generate?: boolean | null;
            user?: string | null;
        };
        /** @description That, and what it was about. */
        Renamed: {
            /** @enum {string} */
            result: "success";
            tenant: components["schemas"]["Workspace"];
        };
        /** @description Options of a file that replaces another, as JSON. */
        ReplacementOptions: {
            name?: string | null;
            doc_language?: string | null;
            process_rule?: components["schemas"]["ProcessRule"] | null;
        };
        Replayed: {
            /** @enum {string} */
            result: "success";
            workflow_run_id: string;
        };
        /** @description When a prepared answer answers. */
        Reply: {
            /**
             * Format: double
             * @description How near a question must be, 0 to 1.
             */
            score_threshold: number;
            embedding_provider_name: string;
            embedding_model_name: string;
        };
        /** @description Requests. */
        RequestPage: {
            data: components["schemas"]["LoggedRequest"][];
            /** Format: uint32 */
            limit: number;
            has_more: boolean;
            next_cursor: string | null;
            /** @description None where they were not asked for. */
            totals: components["schemas"]["RequestTotal"][] | null;
            /** @description False: there are more rows than were added up. */
            totals_complete: boolean | null;
        };
        /** @description The sum of a model's requests of one kind. */
        RequestTotal: {
            provider: string;
            model: string;
            /** @enum {string} */
            kind: "chat" | "embedding" | "rerank" | "moderation" | "tts" | "stt";
            /** Format: uint64 */
            requests: number;
            /** Format: uint64 */
            errors: number;
            /** Format: uint64 */
            prompt_tokens: number;
            /** Format: uint64 */
            completion_tokens: number;
            /**
             * Format: uint64
             * @description Requests whose tokens were counted.
             */
            estimated: number;
            total_price: string;
            /** @description ISO 4217. */
            currency: string;
            /**
             * Format: double
             * @description Mean seconds.
             */
            latency: number;
        };
        /** @description The names of a reranking model. */
        RerankingNames: {
            reranking_provider_name?: string | null;
            reranking_model_name?: string | null;
        };
        /** @description The names of a reranking model. */
        RerankingShown: {
            reranking_provider_name: string | null;
            reranking_model_name: string | null;
        };
        /** @description A passage that an answer rests on. */
        Resource: {
            /**
             * Format: uint32
             * @description From 1.
             */
            position: number | null;
            dataset_id: string | null;
            dataset_name: string | null;
            document_id: string | null;
            document_name: string | null;
            data_source_type: string | null;
            segment_id: string | null;
            /** @description Echo of the request's `retriever_from`. */
            retriever_from: string | null;
            /**
             * Format: double
             * @description How near, 0 to 1.
             */
            score: number | null;
            /**
             * Format: uint64
             * @description How often it was found before.
             */
            hit_count: number | null;
            /** Format: uint64 */
            word_count: number | null;
            /**
             * Format: uint32
             * @description Which of its document's passages, from 1.
             */
            segment_position: number | null;
            index_node_hash: string | null;
            content: string | null;
            /**
             * Format: uint32
             * @description Of a PDF.
             */
            page: number | null;
            doc_metadata: unknown;
            title: string | null;
            files: unknown;
            summary: string | null;
        };
        /** @description How far a restore is. */
        RestoreProgress: {
            id: string;
            source: string;
            /** @enum {string} */
            status: "running" | "completed" | "error";
            /** Format: uint64 */
            done: number;
            /** Format: uint64 */
            parts: number;
            error: string | null;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description How a dataset shall be searched. */
        RetrievalModel: {
            /** @enum {string} */
            search_method?: "semantic_search" | "full_text_search" | "hybrid_search" | "keyword_search";
            /** @default false */
            reranking_enable?: boolean;
            /** @enum {string|null} */
            reranking_mode?: "reranking_model" | "weighted_score" | null;
            reranking_model?: components["schemas"]["RerankingNames"] | null;
            weights?: Record<string, unknown> | null;
            /** @default 2 */
            top_k?: number;
            /** @default false */
            score_threshold_enabled?: boolean;
            score_threshold?: number | null;
        };
        /** @description How a dataset is searched. */
        RetrievalShown: {
            /** @enum {string} */
            search_method: "semantic_search" | "full_text_search" | "hybrid_search" | "keyword_search";
            reranking_enable: boolean;
            reranking_mode: string | null;
            reranking_model: components["schemas"]["RerankingShown"];
            weights: unknown;
            /** Format: uint32 */
            top_k: number;
            score_threshold_enabled: boolean;
            /** Format: double */
            score_threshold: number | null;
        };
        /** @description How far a rule may go. */
        RuleLimit: {
            /** Format: uint64 */
            indexing_max_segmentation_tokens_length: number;
        };
        /** @description What a rule is made from. */
        RuleLimits: {
            /** @enum {string} */
            mode: "custom";
            rules: Record<string, unknown>;
            limits: components["schemas"]["RuleLimit"];
        };
        /** @description The same with its place. */
        RuleRecord: {
            /** Format: uuid */
            id: string;
            /** Format: uuid */
            dataset_id: string;
            /** @enum {string} */
            mode: "automatic" | "custom" | "hierarchical";
            rules: Record<string, unknown>;
        };
        /** @description How a document was cut. */
        RuleShown: {
            /** @enum {string} */
            mode: "automatic" | "custom" | "hierarchical";
            rules: Record<string, unknown>;
        };
        /** @description What a custom rule sets. */
        Rules: {
            pre_processing_rules: components["schemas"]["PreProcessing"][];
            segmentation: components["schemas"]["Segmentation"];
        };
        /** @description A run. */
        Run: {
            /** Format: uuid */
            id: string;
            workflow_id: string;
            /** @enum {string} */
            status: "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "paused";
            /** @description JSON as a text. */
            inputs: string;
            outputs: Record<string, unknown>;
            error: string | null;
            /** Format: uint64 */
            total_steps: number;
            /** Format: uint64 */
            total_tokens: number;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number | null;
            /** Format: double */
            elapsed_time: number;
        };
        /** @description A run that has ended. */
        RunAnswer: {
            task_id: string;
            /** Format: uuid */
            workflow_run_id: string;
            data: components["schemas"]["RunResult"];
        };
        /** @description What a run came to that has ended. */
        RunEnd: {
            /** Format: uuid */
            id: string;
            workflow_id: string;
            /** @enum {string} */
            status: "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "paused";
            outputs: Record<string, unknown> | null;
            error: string | null;
            /**
             * Format: double
             * @description Seconds.
             */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            /** Format: uint64 */
            total_steps: number;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number | null;
        };
        /**
         * @description One event of a run. In chatflows each also has `conversation_id`, `message_id` and `created_at`, and their answers come
         *     as `message` and `message_end`.
         */
        RunEvent: components["schemas"]["WorkflowStartedEvent"] | components["schemas"]["WorkflowFinishedEvent"] | components["schemas"]["NodeStartedEvent"] | components["schemas"]["NodeFinishedEvent"] | components["schemas"]["NodeRetryEvent"] | components["schemas"]["ContainerStartedEvent"] | components["schemas"]["ContainerNextEvent"] | components["schemas"]["ContainerCompletedEvent"] | components["schemas"]["TextChunkEvent"] | components["schemas"]["TextReplaceEvent"] | components["schemas"]["ReasoningChunkEvent"] | components["schemas"]["AgentLogEvent"] | components["schemas"]["HumanInputRequiredEvent"] | components["schemas"]["HumanInputFormFilledEvent"] | components["schemas"]["HumanInputFormTimeoutEvent"] | components["schemas"]["WorkflowPausedEvent"] | components["schemas"]["ChatflowMessage"] | components["schemas"]["ChatflowReplace"] | components["schemas"]["ChatflowEnd"] | components["schemas"]["ErrorEvent"];
        /** @description What a run came to. */
        RunResult: components["schemas"]["RunEnd"] | components["schemas"]["PausedResult"];
        /** @description A message of the prompt. */
        Said: {
            role: string;
            text: string;
        };
        /** @description A text to keep. */
        Save: {
            /** Format: uuid */
            message_id: string;
        };
        /** @description What was kept. */
        Saved: {
            /** @enum {string} */
            result: "success";
            hash: string;
            /** @description Seconds since 1970 */
            updated_at: number | null;
        };
        /** @description What was kept. */
        SavedGraph: {
            /** @enum {string} */
            result: "success";
            hash: string;
            /** @description Seconds since 1970 */
            updated_at: number;
        };
        /** @description A text that was kept. */
        SavedMessage: {
            /** Format: uuid */
            id: string;
            inputs: unknown;
            query: string;
            answer: string;
            message_files: components["schemas"]["MessageFile"][];
            feedback: components["schemas"]["Rating"] | null;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description A part of a list that is read on from its first or last item. */
        SavedMessageScroll: {
            /** Format: uint32 */
            limit: number;
            has_more: boolean;
            data: components["schemas"]["SavedMessage"][];
        };
        /** @description What is searched for, and how; the dataset's own way where that is absent. */
        Search: {
            query: string;
            retrieval_model?: components["schemas"]["RetrievalModel"] | null;
        };
        /** @description What was searched for. */
        SearchQuery: {
            content: string;
        };
        /** @description A passage of a document. */
        Segment: {
            /** Format: uuid */
            id: string;
            /**
             * Format: uint32
             * @description From 1.
             */
            position: number;
            /** Format: uuid */
            document_id: string;
            content: string;
            sign_content: string;
            answer: null;
            /** Format: uint64 */
            word_count: number;
            /** Format: uint64 */
            tokens: number;
            keywords: unknown[];
            index_node_id: string;
            index_node_hash: string;
            /** Format: uint64 */
            hit_count: number;
            enabled: boolean;
            disabled_at: null;
            disabled_by: null;
            /** @enum {string} */
            status: "waiting" | "indexing" | "completed" | "error" | "paused" | "re_segment";
            created_by: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            indexing_at: number;
            /** @description Seconds since 1970 */
            completed_at: number | null;
            error: null;
            stopped_at: null;
            /** @description Seconds since 1970 */
            updated_at: number;
            updated_by: null;
            /** @description Of a parent: what is found in its place. */
            child_chunks: components["schemas"]["ChildChunk"][];
            attachments: unknown[];
            summary: null;
        };
        /** @description What of a segment shall change; what is absent stays. */
        SegmentChange: {
            content?: string | null;
            enabled?: boolean | null;
            /** @description Of a parent: cut its children anew where its text changes. */
            regenerate_child_chunks?: boolean | null;
        };
        /** @description Segments. */
        SegmentList: {
            data: components["schemas"]["Segment"][];
            doc_form: string;
        };
        /** @description A page of segments. */
        SegmentPage: {
            data: components["schemas"]["Segment"][];
            has_more: boolean;
            /** Format: uint32 */
            limit: number;
            /** Format: uint64 */
            total: number;
            /** Format: uint32 */
            page: number;
            doc_form: string;
        };
        /** @description What of a segment shall change. */
        SegmentUpdate: {
            segment: components["schemas"]["SegmentChange"];
        };
        /** @description Where and how long. */
        Segmentation: {
            /** @default  */
            separator?: string | null;
            max_tokens: number;
            /** @description Less than max_tokens */
            chunk_overlap?: number | null;
        };
        /** @description Settings of the own account; what is absent stays. */
        Settings: {
            name?: string | null;
            interface_language?: string | null;
            /** @enum {string|null} */
            interface_theme?: "light" | "dark" | "system" | null;
            timezone?: string | null;
        };
        /** @description The owner to be. */
        Setup: {
            email: string;
            name: string;
            /** @description At least eight characters, with a letter and a digit. */
            password: string;
            language?: string | null;
            setup_token?: string | null;
        };
        /** @description Whether there is an owner. */
        SetupStatus: {
            /** @enum {string} */
            step: "not_started" | "finished";
            /** Format: date-time */
            setup_at: string | null;
        };
        /** @description The same, with the key hidden. */
        ShownCredentials: {
            auth_type: string;
            api_key_header: string;
            api_key_header_prefix: string;
            api_key_query_param: string;
            api_key_value: string;
        };
        /** @description What of a page shall change. */
        SiteChange: {
            title?: string | null;
            description?: string | null;
            chat_color_theme?: string | null;
            chat_color_theme_inverted?: boolean | null;
            copyright?: string | null;
            privacy_policy?: string | null;
            custom_disclaimer?: string | null;
            input_placeholder?: string | null;
            default_language?: string | null;
            show_workflow_steps?: boolean | null;
            icon_type?: string | null;
            icon?: string | null;
            icon_background?: string | null;
            use_icon_as_answer_icon?: boolean | null;
        };
        /** @description A page, as it is reached. */
        SiteWithCode: {
            title: string;
            chat_color_theme: string | null;
            chat_color_theme_inverted: boolean | null;
            /** @description `emoji`, `image` or `link`. */
            icon_type: string;
            icon: string | null;
            icon_background: string | null;
            icon_url: string | null;
            description: string;
            copyright: string | null;
            privacy_policy: string | null;
            custom_disclaimer: string;
            input_placeholder: string | null;
            default_language: string;
            show_workflow_steps: boolean;
            use_icon_as_answer_icon: boolean;
            code: string;
            prompt_public: boolean;
        };
        /** @description The upload that a document came from. */
        SourceDetail: {
            upload_file: components["schemas"]["SourceFile"];
        };
        /** @description An upload. */
        SourceFile: {
            id: string;
            name: string;
            /** Format: uint64 */
            size: number;
            extension: string;
            mime_type: string;
            created_by: string;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description Which upload a document came from. */
        SourceId: {
            upload_file_id: string;
        };
        /** @description The upload that a document came from. */
        SourceWhole: {
            upload_file_id: string;
            upload_file: components["schemas"]["SourceFile"];
        };
        /** @description What is to be said. */
        Speech: {
            /** Format: uuid */
            message_id: string;
            text?: string | null;
            voice?: string | null;
            user?: string | null;
        } | {
            text: string;
            voice?: string | null;
            user?: string | null;
        };
        /** @description How many. */
        StatusCount: {
            /** Format: uint64 */
            success: number;
            /** Format: uint64 */
            failed: number;
            /** Format: uint64 */
            partial_success: number;
        };
        /** @description Questions. */
        Suggestions: {
            data: string[];
        };
        /** @description Limits, in MB and in files. */
        SystemParameters: {
            /** Format: uint64 */
            image_file_size_limit: number;
            /** Format: uint64 */
            video_file_size_limit: number;
            /** Format: uint64 */
            audio_file_size_limit: number;
            /** Format: uint64 */
            file_size_limit: number;
            /** Format: uint64 */
            workflow_file_upload_limit: number;
        };
        /** @description A CSV file with the columns question and answer. */
        Table: {
            /** Format: binary */
            file: string;
        };
        /** @description A tag. */
        Tag: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            type: "app" | "knowledge";
        };
        /** @description A new name. */
        TagName: {
            name: string;
        };
        /** @description A new text of a document. */
        TextChange: {
            name: string;
            text?: string | null;
            doc_language?: string | null;
            process_rule?: components["schemas"]["ProcessRule"] | null;
        };
        /** @description A piece of an end node's text. */
        TextChunk: {
            text: string;
            from_variable_selector: string[];
        };
        /** @description What every event says. */
        TextChunkEvent: {
            /** @enum {string} */
            event: "text_chunk";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["TextChunk"];
        };
        /** @description All text so far is this: a model that broke off is asked again, and what it had said does not count. */
        TextReplace: {
            text: string;
        };
        /** @description What every event says. */
        TextReplaceEvent: {
            /** @enum {string} */
            event: "text_replace";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["TextReplace"];
        };
        /** @description A question and what answers it. */
        Texts: {
            question: string;
            answer: string;
        };
        /** @description How near. */
        Threshold: {
            /**
             * Format: double
             * @description 0 to 1.
             */
            score_threshold: number;
        };
        /** @description Milliseconds. */
        Timing: {
            /** Format: uint64 */
            gather_ms: number;
            /** Format: uint64 */
            retrieval_ms: number | null;
            /** Format: uint64 */
            first_token_ms: number | null;
            /** Format: uint64 */
            generate_ms: number | null;
            /** Format: uint64 */
            total_ms: number;
        };
        /** @description A tool. */
        ToolItem: {
            name: string;
            label: string;
            description: string;
            /** @description A JSON schema. */
            parameters: Record<string, unknown>;
        };
        /** @description What the model saw. */
        Trace: {
            /** Format: uuid */
            message_id: string;
            /** @description `model`, `annotation` or `moderation`. */
            source: string;
            model: components["schemas"]["TracedModel"];
            /** @description Null where no model was asked, or where there was no room to keep them. */
            parameters: Record<string, unknown> | null;
            /**
             * Format: uint64
             * @description Tokens that the model reads at most.
             */
            context_window: number;
            prompt: components["schemas"]["Said"][];
            /**
             * Format: uint64
             * @description As the provider counted.
             */
            prompt_tokens: number;
            /**
             * Format: uint64
             * @description As they were counted here.
             */
            assembled_tokens: number;
            /** Format: uint64 */
            completion_tokens: number;
            /** Format: uint64 */
            total_tokens: number;
            estimated: boolean;
            /** Format: uint64 */
            history_rounds: number;
            /** Format: uint64 */
            passages_used: number;
            retrieval: components["schemas"]["TracedRetrieval"];
            timing: components["schemas"]["Timing"];
            /** @description Whether texts were cut. */
            truncated: boolean;
        };
        /** @description A passage that was found. */
        TracedHit: {
            /** Format: uint64 */
            position: number;
            /** Format: double */
            score: number | null;
            /** @description Whether it is in the prompt. */
            used: boolean;
            dataset_id: string | null;
            dataset_name: string | null;
            document_id: string | null;
            document_name: string | null;
            segment_id: string | null;
            /** Format: uint32 */
            segment_position: number | null;
            content: string | null;
        };
        /** @description A model. */
        TracedModel: {
            provider: string;
            name: string;
        };
        /** @description What was searched for and found. */
        TracedRetrieval: {
            query: string;
            hits: components["schemas"]["TracedHit"][];
        };
        /** @description A question. */
        Trial: {
            query: string;
            inputs?: Record<string, unknown>;
            /** @description The published one where it is absent. */
            model_config?: Record<string, unknown> | null;
            /** @enum {string|null} */
            response_mode?: "streaming" | "blocking" | null;
            /** @description The conversation to go on with; empty or absent: a new one */
            conversation_id?: string | "" | null;
            files?: components["schemas"]["FileMapping"][] | null;
            auto_generate_name?: boolean | null;
            workflow_id?: string | null;
            retriever_from?: string | null;
        };
        /** @description Inputs of a run. */
        TrialRun: {
            inputs: Record<string, unknown>;
            files?: components["schemas"]["FileMapping"][] | null;
        };
        /** @description A member. */
        TriedBy: {
            id: string;
            name: string;
            email: string | null;
        };
        /** @description A run. */
        TriedRun: {
            /** Format: uuid */
            id: string;
            version: string;
            /** @enum {string} */
            status: "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "paused";
            triggered_from: string;
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            /** Format: uint64 */
            total_steps: number;
            created_by_account: components["schemas"]["TriedBy"] | null;
            created_by_end_user: components["schemas"]["LoggedUser"] | null;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number | null;
            /** Format: uint64 */
            exceptions_count: number;
            /** Format: uint64 */
            retry_index: number;
            /** Format: uuid */
            conversation_id: string | null;
            /** Format: uuid */
            message_id: string | null;
        };
        /** @description Runs, the newest first. */
        TriedRuns: {
            /** Format: uint32 */
            limit: number;
            has_more: boolean;
            data: components["schemas"]["TriedRun"][];
        };
        /** @description A node that starts runs. */
        Trigger: {
            /** Format: uuid */
            id: string;
            node_id: string;
            title: string;
            /** @enum {string} */
            trigger_type: "trigger-webhook" | "trigger-schedule";
            /** @enum {string} */
            status: "enabled" | "disabled";
            /** @description Of webhooks: the path below the product's address. */
            webhook_url: string | null;
            /** @description Of schedules that are on. */
            next_run_at: number | null;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
        };
        TriggerSwitch: {
            /** Format: uuid */
            trigger_id: string;
            enable_trigger?: boolean | null;
        };
        /** @description Triggers of the version in force. */
        Triggers: {
            data: components["schemas"]["Trigger"][];
        };
        /** @description Which tag something loses. */
        Unbind: {
            tag_id: string;
            /** Format: uuid */
            target_id: string;
            /** @enum {string} */
            type: "app" | "knowledge";
        };
        /** @description An upload. */
        Upload: {
            /** Format: uuid */
            id: string;
            reference: null;
            name: string;
            /**
             * Format: uint64
             * @description Bytes.
             */
            size: number;
            extension: string;
            mime_type: string;
            /**
             * Format: uuid
             * @description The end user.
             */
            created_by: string;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Signed; absent where the operator has no master key. */
            preview_url: string | null;
            source_url: string | null;
            original_url: null;
            user_id: null;
            /** Format: uuid */
            tenant_id: string;
            conversation_id: null;
            file_key: null;
        };
        /** @description What an answer cost. */
        Usage: {
            /** Format: uint64 */
            prompt_tokens: number;
            /** @description For `1 / prompt_price_unit` tokens. */
            prompt_unit_price: string;
            prompt_price_unit: string;
            prompt_price: string;
            /** Format: uint64 */
            completion_tokens: number;
            completion_unit_price: string;
            completion_price_unit: string;
            completion_price: string;
            /** Format: uint64 */
            total_tokens: number;
            total_price: string;
            /** @description ISO 4217. */
            currency: string;
            /**
             * Format: double
             * @description Seconds from the request to the end.
             */
            latency: number;
            /**
             * Format: double
             * @description Seconds from the request to the first words.
             */
            time_to_first_token: number | null;
            /**
             * Format: double
             * @description Seconds from the first words to the end.
             */
            time_to_generate: number | null;
            /** @description There, and true, where the provider did not say and tokens were counted on this side. */
            estimated?: boolean;
        };
        /** @description Whether it is used. */
        UseCheck: {
            is_using: boolean;
        };
        /** @description What you think; null takes it back. */
        Verdict: {
            /** Format: uuid */
            message_id: string;
            /** @enum {string|null} */
            rating?: "like" | "dislike" | null;
            content?: string | null;
        };
        /** @description How many. */
        Verdicts: {
            /** Format: uint64 */
            like: number;
            /** Format: uint64 */
            dislike: number;
        };
        /** @description What people call a version. */
        VersionMarks: {
            marked_name?: string | null;
            marked_comment?: string | null;
        };
        /** @description A published configuration among others. */
        VersionRow: {
            /** Format: uuid */
            id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            created_by: string | null;
            author_name: string | null;
            is_current: boolean;
        };
        /** @description Published configurations, the newest first. */
        Versions: {
            data: components["schemas"]["VersionRow"][];
        };
        /** @description Inputs of a workflow. */
        VisitorRun: {
            /** @description Values of the start node's variables. */
            inputs: Record<string, unknown>;
            files?: components["schemas"]["FileMapping"][] | null;
            /**
             * @description `blocking` where it is absent.
             * @enum {string|null}
             */
            response_mode?: "streaming" | "blocking" | null;
        };
        /** @description Whether a passport holds. */
        VisitorStatus: {
            logged_in: boolean;
            app_logged_in: boolean;
        };
        /** @description Nobody has called yet. */
        WaitingForCall: {
            /** @enum {string} */
            status: "waiting";
            /**
             * Format: uint64
             * @description Milliseconds.
             */
            retry_in: number;
            /** @description The path below the product's address. */
            webhook_debug_url: string;
        };
        /** @description A conversation of the visitor. */
        WebConversation: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @description Of the first question. */
            inputs: Record<string, unknown>;
            /** @enum {string} */
            status: "normal" | "completed";
            /** @description What the app opened it with. */
            introduction: string | null;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            updated_at: number;
            pinned: boolean;
        };
        /** @description A part of a list that is read on from its first or last item. */
        WebConversationScroll: {
            /** Format: uint32 */
            limit: number;
            has_more: boolean;
            data: components["schemas"]["WebConversation"][];
        };
        /** @description Inputs of a visitor. */
        WebInputs: {
            inputs: Record<string, unknown>;
            query?: string | null;
            /**
             * @description `blocking` where it is absent.
             * @enum {string|null}
             */
            response_mode?: "streaming" | "blocking" | null;
            files?: components["schemas"]["FileMapping"][] | null;
            retriever_from?: string | null;
        };
        /** @description A question of a visitor. */
        WebQuestion: {
            inputs: Record<string, unknown>;
            query: string;
            /**
             * @description `blocking` where it is absent.
             * @enum {string|null}
             */
            response_mode?: "streaming" | "blocking" | null;
            /** @description The conversation to go on with; empty or absent: a new one */
            conversation_id?: string | "" | null;
            files?: components["schemas"]["FileMapping"][] | null;
            auto_generate_name?: boolean | null;
            workflow_id?: string | null;
            retriever_from?: string | null;
        };
        /** @description What the visitor thinks; null takes it back. */
        WebRating: {
            /** @enum {string|null} */
            rating?: "like" | "dislike" | null;
            content?: string | null;
        };
        /** @description A page and its visitor. */
        WebSite: {
            /** Format: uuid */
            app_id: string;
            /** Format: uuid */
            end_user_id: string;
            enable_site: boolean;
            site: components["schemas"]["SiteWithCode"];
            /** @enum {string} */
            mode: "chat" | "agent-chat" | "advanced-chat" | "completion" | "workflow";
            model_config: null;
            /** @enum {string} */
            plan: "basic";
            can_replace_logo: boolean;
            custom_config: null;
        };
        /** @description Where a webhook is. */
        WebhookAddress: {
            /** Format: uuid */
            id: string;
            webhook_id: string;
            /** @description The path below the product's address. */
            webhook_url: string;
            node_id: string;
            /** @description Seconds since 1970 */
            created_at: number;
        };
        /** @description A published configuration. */
        WholeVersion: {
            /** Format: uuid */
            id: string;
            /** @description Seconds since 1970 */
            created_at: number;
            created_by: string | null;
            author_name: string | null;
            is_current: boolean;
            model_config: Record<string, unknown>;
        };
        /** @description The run has ended. */
        WorkflowFinished: {
            /** Format: uuid */
            id: string;
            workflow_id: string;
            /** @enum {string} */
            status: "running" | "succeeded" | "failed" | "stopped" | "partial-succeeded" | "paused";
            outputs: Record<string, unknown> | null;
            error: string | null;
            /** Format: double */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            /** Format: uint64 */
            total_steps: number;
            created_by: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @description Seconds since 1970 */
            finished_at: number | null;
            /** Format: uint64 */
            exceptions_count: number;
            files: Record<string, unknown>[];
        };
        /** @description What every event says. */
        WorkflowFinishedEvent: {
            /** @enum {string} */
            event: "workflow_finished";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["WorkflowFinished"];
        };
        /** @description Nothing is left but forms. */
        WorkflowPaused: {
            /** Format: uuid */
            workflow_run_id: string;
            paused_nodes: string[];
            outputs: Record<string, unknown>;
            reasons: Record<string, unknown>[];
            /** @enum {string} */
            status: "paused";
            /** @description Seconds since 1970 */
            created_at: number;
            /** Format: double */
            elapsed_time: number;
            /** Format: uint64 */
            total_tokens: number;
            /** Format: uint64 */
            total_steps: number;
        };
        /** @description What every event says. */
        WorkflowPausedEvent: {
            /** @enum {string} */
            event: "workflow_paused";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["WorkflowPaused"];
        };
        /** @description The run begins. */
        WorkflowStarted: {
            /** Format: uuid */
            id: string;
            workflow_id: string;
            inputs: Record<string, unknown>;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @enum {string} */
            reason: "initial" | "resumption";
        };
        /** @description What every event says. */
        WorkflowStartedEvent: {
            /** @enum {string} */
            event: "workflow_started";
            /** Format: uuid */
            conversation_id?: string;
            /** Format: uuid */
            message_id?: string;
            /** @description Seconds since 1970 */
            created_at?: number;
            /** Format: uuid */
            workflow_run_id?: string;
            task_id: string;
            data: components["schemas"]["WorkflowStarted"];
        };
        /** @description A workspace. */
        Workspace: {
            /** Format: uuid */
            id: string;
            name: string;
            /** @enum {string} */
            plan: "sandbox";
            /** @enum {string} */
            status: "normal";
            /** @description Seconds since 1970 */
            created_at: number;
            /** @enum {string} */
            role: "owner" | "admin" | "editor" | "normal";
            in_trial: boolean;
            trial_end_reason: null;
            custom_config: null;
        };
        /** @description Workspaces. */
        WorkspaceList: {
            workspaces: components["schemas"]["ListedWorkspace"][];
        };
        /** @description A member, or somebody who is invited. */
        WorkspaceMember: {
            id: string;
            name: string;
            avatar: null;
            avatar_url: null;
            email: string;
            last_login_at: null;
            last_active_at: null;
            /** @description Seconds since 1970 */
            created_at: number;
            /** @enum {string} */
            role: "owner" | "admin" | "editor" | "normal";
            /** @enum {string} */
            status: "active" | "pending";
        };
        /** @description A model. */
        WorkspaceModel: {
            model: string;
            label: components["schemas"]["Label"];
            /** @enum {string} */
            model_type: "llm" | "text-embedding" | "rerank" | "speech2text" | "moderation" | "tts";
            features: null;
            /** @enum {string} */
            fetch_from: "customizable-model";
            model_properties: Record<string, unknown>;
            deprecated: boolean;
            /** @enum {string} */
            status: "active";
            load_balancing_enabled: boolean;
        };
        /** @description A new name. */
        WorkspaceName: {
            name: string;
        };
    };
    responses: never;
    parameters: never;
    requestBodies: never;
    headers: never;
    pathItems: never;
}
export type $defs = Record<string, never>;
export type operations = Record<string, never>;
