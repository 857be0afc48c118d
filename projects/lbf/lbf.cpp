// Trains OpenCV's FacemarkLBF on square grey faces and fits it to others; built and called by lbf.py.
//
//     lbf SIDE INIT_SHAPES CANDIDATES train.u8 train.f32 test.u8 fitted.f32
//
// Faces are SIDE * SIDE bytes each, shapes 68 points (x, y) each, in pixels, pixel centres whole numbers.
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <opencv2/core/utility.hpp>
#include <opencv2/face.hpp>

template <typename T> std::vector<T> readAll(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.empty()) throw std::runtime_error("nothing to read in " + path);
    const T *first = reinterpret_cast<const T *>(bytes.data());
    return {first, first + bytes.size() / sizeof(T)};
}

// The same box for every face, in place of a face detector.
bool constantBox(cv::InputArray, cv::OutputArray boxes, void *box) {
    cv::Mat(std::vector<cv::Rect>{*static_cast<cv::Rect *>(box)}).copyTo(boxes);
    return true;
}

int main(int, char **argv) {
    cv::setNumThreads(1);
    const int side = std::stoi(argv[1]), points = 68;
    cv::face::FacemarkLBF::Params params;
    params.initShape_n = std::stoi(argv[2]);
    params.feats_m.assign(params.stages_n, std::stoi(argv[3]));
    params.cascade_face = "none";  // asked for, never opened: constantBox is the detector
    params.save_model = false;
    // Twice the landmarks' box. An offset of half the box or more is read outside of an array in
    // OpenCV's regression, and shapes differ by up to 0.7 crops. Radii are in halves of the box.
    cv::Rect box(-side / 4, -side / 4, side * 3 / 2, side * 3 / 2);
    for (double &radius : params.radius_m) radius /= 2;

    cv::Ptr<cv::face::FacemarkLBF> mark = cv::face::FacemarkLBF::create(params);
    mark->setFaceDetector(constantBox, &box);
    auto faces = readAll<uchar>(argv[4]), test = readAll<uchar>(argv[6]);
    auto shapes = readAll<cv::Point2f>(argv[5]);
    const auto face = [side](std::vector<uchar> &all, size_t i) {
        return cv::Mat(side, side, CV_8U, all.data() + i * side * side);
    };
    for (size_t i = 0; i < shapes.size() / points; i++) {
        std::vector<cv::Point2f> shape(&shapes[i * points], &shapes[i * points] + points);
        mark->addTrainingSample(face(faces, i), shape);
    }
    mark->training();

    std::ofstream out(argv[7], std::ios::binary);
    for (size_t i = 0; i < test.size() / side / side; i++) {
        std::vector<std::vector<cv::Point2f>> fitted;
        mark->fit(face(test, i), std::vector<cv::Rect>{box}, fitted);
        out.write(reinterpret_cast<const char *>(fitted[0].data()), points * sizeof(cv::Point2f));
    }
}
