alter table selection drop constraint selection_rule_check;
alter table selection add constraint selection_rule_check check (rule in ('first-come', 'deadline-first', 'never-helped-first', 'equal-split', 'out-of-turn'));
