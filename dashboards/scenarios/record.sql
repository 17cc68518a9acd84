/*
The record of `plainscore scenarios --format json`, in the file of the variable record_file, as
tables of one row per society and date; what it lacks is null.
*/
create table record as
select
    societies,
    figures,
    bands,
    gaps,
    benefits,
    four_fifths,
    planted
from
    read_json(
        getvariable('record_file'),
        columns = {
            societies: 'STRUCT(society VARCHAR)[]',
            figures: 'STRUCT(society VARCHAR, as_of_date VARCHAR, scored BIGINT, mean_score DOUBLE,
                median_score DOUBLE, gini DOUBLE, assortativity DOUBLE, mobility DOUBLE,
                auc DOUBLE, band_up BIGINT, band_down BIGINT)[]',
            bands: 'STRUCT(society VARCHAR, as_of_date VARCHAR, band_no BIGINT, band VARCHAR,
                people BIGINT)[]',
            gaps: 'STRUCT(society VARCHAR, as_of_date VARCHAR, attribute VARCHAR,
                mean_score DOUBLE, is_small BOOLEAN)[]',
            benefits: 'STRUCT(society VARCHAR, as_of_date VARCHAR, benefit VARCHAR,
                min_score BIGINT, people BIGINT, open_count BIGINT)[]',
            four_fifths: 'STRUCT(society VARCHAR, as_of_date VARCHAR, attribute VARCHAR,
                below_four_fifths BIGINT)[]',
            planted: 'STRUCT(society VARCHAR, as_of_date VARCHAR, kind VARCHAR, "role" VARCHAR,
                scored BIGINT, points_gained BIGINT)[]'
        }
    );
