//! The words of a data dictionary, in English and in Chinese.
//!
//! In: a language. Out: [`Words`]. Must not know: projects.

/// The language in which a dictionary is written; what the project says stays as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Chinese.
    Chinese,
}

impl Language {
    /// The language of a name: `en`, `zh`.
    pub fn parse(name: &str) -> Option<Language> {
        match name {
            "en" => Some(Language::English),
            "zh" => Some(Language::Chinese),
            _ => None,
        }
    }
}

/// The words of one language.
#[allow(missing_docs, reason = "names say it")]
pub(super) struct Words {
    pub title: &'static str,
    pub about: &'static str,
    pub overview: &'static str,
    pub tiers: &'static str,
    pub lowest_first: &'static str,
    pub customers: &'static str,
    pub planning_year: &'static str,
    pub phases: &'static str,
    pub phase: &'static str,
    pub window: &'static str,
    pub until: &'static str,
    pub sets: &'static str,
    pub steps: &'static str,
    pub scenarios: &'static str,
    pub scenario: &'static str,
    pub from_year: &'static str,
    pub tables: &'static str,
    pub source: &'static str,
    pub key: &'static str,
    pub leads_to: &'static str,
    pub seen_there_as: &'static str,
    pub filter: &'static str,
    pub checks: &'static str,
    pub column: &'static str,
    pub dtype: &'static str,
    pub unit: &'static str,
    pub meaning: &'static str,
    pub read_by: &'static str,
    pub in_source: &'static str,
    pub computed: &'static str,
    pub sensitive: &'static str,
    pub step: &'static str,
    pub may_be_missing: &'static str,
    pub made_of: &'static str,
    pub comes_from: &'static str,
    pub used_by: &'static str,
    pub written: &'static str,
    pub not_written: &'static str,
    pub parameters: &'static str,
    pub parameter: &'static str,
    pub value: &'static str,
    pub range: &'static str,
    pub used_at: &'static str,
    pub decides: &'static str,
    pub rows: &'static str,
    pub nothing: &'static str,
    pub prior: &'static str,
    pub constant: &'static str,
}

impl Words {
    /// Those of a language.
    pub fn of(language: Language) -> &'static Words {
        match language {
            Language::English => &ENGLISH,
            Language::Chinese => &CHINESE,
        }
    }
}

static ENGLISH: Words = Words {
    title: "Data dictionary",
    about: "Made by `tierwright docs` from the project's manifests, rules and parameters; to change it, change those.",
    overview: "Overview",
    tiers: "Tiers",
    lowest_first: "lowest first",
    customers: "Customers",
    planning_year: "Planning year starts",
    phases: "Phases",
    phase: "Phase",
    window: "Window",
    until: "until before",
    sets: "Sets",
    steps: "Steps",
    scenarios: "Scenarios",
    scenario: "Scenario",
    from_year: "from year",
    tables: "Tables",
    source: "Source",
    key: "Key",
    leads_to: "leads to",
    seen_there_as: "seen there as",
    filter: "Rows that stay",
    checks: "Checks",
    column: "Column",
    dtype: "Type",
    unit: "Unit",
    meaning: "Meaning",
    read_by: "Read by",
    in_source: "in the source",
    computed: "computed",
    sensitive: "sensitive",
    step: "Step",
    may_be_missing: "may be missing",
    made_of: "Made of",
    comes_from: "Comes from",
    used_by: "Used by",
    written: "In the decisions",
    not_written: "no",
    parameters: "Parameters",
    parameter: "Parameter",
    value: "Value",
    range: "Range",
    used_at: "Read at",
    decides: "Decides",
    rows: "rows",
    nothing: "–",
    prior: "decisions of the cycle before",
    constant: "nothing: it is the same for all",
};

static CHINESE: Words = Words {
    title: "数据字典",
    about: "由 `tierwright docs` 根据项目的清单、规则和参数生成；要修改内容，请修改它们。",
    overview: "概览",
    tiers: "等级",
    lowest_first: "从低到高",
    customers: "客户表",
    planning_year: "规划年度起始日",
    phases: "阶段",
    phase: "阶段",
    window: "时间窗口",
    until: "至（不含）",
    sets: "设定",
    steps: "步骤",
    scenarios: "情景",
    scenario: "情景",
    from_year: "自第几年起",
    tables: "数据表",
    source: "来源",
    key: "主键",
    leads_to: "指向",
    seen_there_as: "在该表中称为",
    filter: "保留的行",
    checks: "校验",
    column: "列",
    dtype: "类型",
    unit: "单位",
    meaning: "含义",
    read_by: "读取它的规则",
    in_source: "源中名称",
    computed: "计算",
    sensitive: "敏感",
    step: "步骤",
    may_be_missing: "可缺失",
    made_of: "本步骤的输入",
    comes_from: "最终来源",
    used_by: "后续使用",
    written: "写入决策",
    not_written: "否",
    parameters: "参数",
    parameter: "参数",
    value: "值",
    range: "范围",
    used_at: "读取位置",
    decides: "影响的列",
    rows: "行",
    nothing: "–",
    prior: "上一周期的决策",
    constant: "无：对所有客户相同",
};
